//! Pure rules of practice: tunes, repertoires, ratings, the schedule, the daily queue.
//!
//! May know: nothing but the standard library, serde, chrono, uuid and the `fsrs` crate. Must not know: SQL, the network, the
//! browser, or what time it is (every function takes its clock and its zone as arguments).

pub mod abc_book;
pub mod analysis;
pub mod articles;
pub mod bulk;
pub mod csv;
pub mod decimal;
pub mod deleted;
pub mod ids;
pub mod import;
pub mod kinds;
pub mod links;
pub mod listing;
pub mod note_text;
pub mod order;
pub mod other_titles;
pub mod practice;
pub mod practice_days;
pub mod practice_look;
pub mod queue;
pub mod reference;
pub mod repertoire;
pub mod scheduling;
pub mod search;
pub mod sets;
pub mod snapshot;
pub mod starter;
pub mod text_file;
pub mod the_session;
pub mod time;
pub mod tune;
pub mod tune_list;
