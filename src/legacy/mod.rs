//! The way in for data of the old TuneTrees: one SQLite file with integer ids becomes rows of the new schema.
//!
//! Pure, for every platform: [`catalogue`] says what becomes of each column · [`source`] reads a file row by row · [`convert`] makes
//! target rows and says what it leaves out · [`compare`] proves that what arrived is what was sent · [`report`] accounts for every row.
//! Native: [`mod@load`] writes (PostgreSQL in one transaction, or a JSON file), validates, takes back · [`excerpt`] is the demo data.
//! May know `domain` and `store::schema`; must not know the client's database, the sync engine or the interface.

pub mod catalogue;
pub mod compare;
pub mod convert;
pub mod error;
#[cfg(not(target_arch = "wasm32"))]
pub mod excerpt;
pub mod ids;
#[cfg(not(target_arch = "wasm32"))]
pub mod load;
pub mod report;
pub mod scales;
pub mod source;
pub mod time;
pub mod value;

pub use error::LegacyError;
pub use report::Report;
pub use source::Source;
