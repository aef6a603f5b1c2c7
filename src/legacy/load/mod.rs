//! The ways in: a person's own database ([`device`]; everywhere), PostgreSQL ([`mod@postgres`]) or a JSON file ([`json`]; native). What all
//! need of a source before its first row.

pub mod device;
#[cfg(not(target_arch = "wasm32"))]
pub mod json;
mod mine;
#[cfg(not(target_arch = "wasm32"))]
pub mod postgres;

use std::ops::ControlFlow;

use super::catalogue;
use super::convert::{People, UserMap};
use super::error::LegacyError;
use super::source::Source;

/// How far a run is.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    /// What is being done.
    pub doing: &'static str,
    /// The legacy table.
    pub table: &'static str,
    /// Rows done, over all tables.
    pub done: usize,
    /// Rows of the file.
    pub all: usize,
}

/// Hears of every batch; `Break` stops the run, which then leaves nothing behind.
pub type OnStep<'a> = &'a mut dyn FnMut(Step) -> ControlFlow<()>;

/// Rows handed on at once, at most.
#[cfg(not(target_arch = "wasm32"))]
const BATCH_ROWS: usize = 5_000;

/// Bytes handed on at once, about: notes carry pictures.
#[cfg(not(target_arch = "wasm32"))]
const BATCH_BYTES: usize = 4_000_000;

/// Everybody in the file who should have an account.
pub fn people(source: &Source, map: &UserMap) -> Result<People, LegacyError> {
    let users = catalogue::table("user").expect("the catalogue has the users");
    let mut people = People::default();
    source.each(users, |row| {
        people.add(row, map);
        Ok(())
    })?;
    people.finish(map)
}
