//! The way in for data of the old TuneTrees: one SQLite file with integer ids becomes rows of the PostgreSQL schema.
//!
//! The stages, each a file that knows only those before it: [`source`] and [`excerpt`] read · [`convert`] makes target rows and
//! says what it leaves out (no database) · [`accounts`] and [`mod@load`] write in one transaction · [`report`] accounts for every row.
//! May know `domain` and `store::schema`; must not know the client's database, the sync engine or the interface.

pub mod accounts;
pub mod convert;
pub mod error;
pub mod excerpt;
pub mod ids;
pub mod load;
pub mod report;
pub mod scales;
pub mod source;
pub mod time;
pub mod value;

pub use error::LegacyError;
pub use load::{LoadOptions, load};
pub use report::Report;
pub use source::Source;
