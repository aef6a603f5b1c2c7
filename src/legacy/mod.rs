//! The way in for data of the old TuneTrees: one SQLite file with integer ids becomes rows of the new schema.
//!
//! Pure, for every platform: [`catalogue`] says what becomes of each column · [`source`] reads a file row by row · [`convert`] makes
//! target rows and says what it leaves out · [`compare`] proves that what arrived is what was sent · [`report`] accounts for every row ·
//! [`mod@load`] writes: into a person's own database on her device; natively into PostgreSQL (and validates, and takes back) or a JSON file.
//! Native: [`excerpt`] is the demo data.
//! May know `domain` and `store` (`load::device` alone more than its schema); must not know the sync engine or the interface.

pub mod catalogue;
pub mod compare;
pub mod convert;
pub mod error;
#[cfg(not(target_arch = "wasm32"))]
pub mod excerpt;
pub mod ids;
pub mod load;
pub mod report;
pub mod scales;
pub mod source;
pub mod time;
pub mod value;

pub use error::LegacyError;
pub use report::Report;
pub use source::Source;
