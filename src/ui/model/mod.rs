//! View models: wording, dates in words, key maps, note texts, notation headers. Pure functions of domain values; no browser.

pub mod abc;
pub mod analysis;
pub mod attention_words;
pub mod bulk_words;
pub mod calendar;
pub mod card_faces;
pub mod chart;
pub mod diagnostics;
pub mod fields;
pub mod goals;
pub mod history;
pub mod import_words;
pub mod intake_words;
pub mod keys;
pub mod know;
pub mod listing;
pub mod locale;
pub mod note_text;
pub mod practice_settings;
pub mod queue;
pub mod settings_words;
pub mod sign_out_words;
pub mod snapshot_words;
pub mod sync_words;
pub mod tune_files;
pub mod when;
