//! Opens a legacy file that a person chose in the app: it came piece by piece and lies in memory. Looked at before SQLite is, because what
//! SQLite says of half a file helps nobody.

use std::io::Read;

use rusqlite::{Connection, MAIN_DB};

use super::{Source, opening};
use crate::legacy::error::LegacyError;

/// What every SQLite file begins with.
const MAGIC: &[u8] = b"SQLite format 3\0";

/// Is this the beginning of a SQLite file?
pub fn is_sqlite(start: &[u8]) -> bool {
    start.starts_with(MAGIC)
}

impl Source {
    /// Reads the file of which `parts` are the pieces, called `shown`; its rows get their ids from `name`.
    pub fn from_bytes(parts: &[Vec<u8>], name: &str, shown: &str) -> Result<Source, LegacyError> {
        let len: usize = parts.iter().map(Vec::len).sum();
        let no = |message: String| LegacyError::NotSqlite { path: shown.into(), message };
        let mut head = [0_u8; 100];
        if Pieces::of(parts, false).read_exact(&mut head).is_err() {
            return Err(no(if len == 0 { "it is empty".to_owned() } else { format!("it has {len} bytes only") }));
        }
        if !is_sqlite(&head) {
            return Err(no("it is some other kind of file".to_owned()));
        }
        if let Some(whole) = size(&head).filter(|whole| *whole > len as u64) {
            return Err(no(format!("it breaks off after {len} of {whole} bytes")));
        }
        // What was not yet moved out of a write-ahead log is in another file, which nobody chose; the rest reads like any other.
        let in_wal_mode = head[18] == 2 || head[19] == 2;
        let mut db = Connection::open_in_memory().map_err(|e| opening(shown.as_ref(), &e))?;
        db.deserialize_read_exact(MAIN_DB, Pieces::of(parts, in_wal_mode), len, true)
            .map_err(|e| opening(shown.as_ref(), &e))?;
        Source::over(db, name, shown)
    }
}

/// How long the file is by its own account, where that can be believed.
pub(super) fn size(head: &[u8; 100]) -> Option<u64> {
    let number = |at: usize| u64::from(u32::from_be_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]));
    let page = match u64::from(u16::from_be_bytes([head[16], head[17]])) {
        1 => 65_536,
        size => size,
    };
    // The number of pages is up to date if the last writer knew of it.
    (number(24) == number(92)).then_some(number(28) * page)
}

/// The pieces one after the other.
struct Pieces<'a> {
    parts: &'a [Vec<u8>],
    at: usize,
    inner: usize,
    place: u64,
    /// Say that the file has no write-ahead log: a database in memory cannot have one.
    without_log: bool,
}

impl<'a> Pieces<'a> {
    fn of(parts: &'a [Vec<u8>], without_log: bool) -> Self {
        Pieces { parts, at: 0, inner: 0, place: 0, without_log }
    }
}

impl Read for Pieces<'_> {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        while let Some(part) = self.parts.get(self.at) {
            let rest = part.get(self.inner..).unwrap_or_default();
            if rest.is_empty() {
                self.at += 1;
                self.inner = 0;
                continue;
            }
            let count = rest.len().min(out.len());
            out[..count].copy_from_slice(&rest[..count]);
            for mark in [18, 19] {
                if self.without_log && (self.place..self.place + count as u64).contains(&mark) {
                    out[(mark - self.place) as usize] = 1;
                }
            }
            self.inner += count;
            self.place += count as u64;
            return Ok(count);
        }
        Ok(0)
    }
}
