//! Opens a legacy file without ever writing to it or beside it. What an old program left in a write-ahead log or a rollback journal
//! is taken into account: then a copy is read, for SQLite would have to write to put such a file in order.

use std::ffi::OsString;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use rusqlite::{Connection, OpenFlags};
use uuid::Uuid;

use super::bytes::{is_sqlite, size};
use super::{Source, opening};
use crate::legacy::error::LegacyError;

/// How long to wait for a program that is writing.
const PATIENCE: Duration = Duration::from_secs(3);

impl Source {
    /// Reads the file at `path`; `name` defaults to the file's name without its ending.
    pub fn open(path: &Path, name: Option<&str>) -> Result<Source, LegacyError> {
        let no = |message: &str| LegacyError::NotSqlite { path: path.to_owned(), message: message.to_owned() };
        match fs::metadata(path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Err(LegacyError::NoFile(path.to_owned())),
            Err(error) => return Err(no(&error.to_string())),
            Ok(it) if it.is_dir() => return Err(no("it is a folder")),
            Ok(it) if !it.is_file() => return Err(no("it is no ordinary file")),
            Ok(it) if it.len() == 0 => return Err(no("it is empty")),
            Ok(_) => {}
        }
        let stem = path.file_stem().map_or("legacy".into(), |s| s.to_string_lossy().into_owned());
        let name = name.map_or(stem, str::to_owned);
        let shown = path.to_string_lossy();
        // A link: what belongs to the file lies beside the file.
        let path = &*fs::canonicalize(path).map_err(|error| no(&error.to_string()))?;
        Source::read(path, &name, &shown).map_err(|error| in_bytes(path, error))
    }

    fn read(path: &Path, name: &str, shown: &str) -> Result<Source, LegacyError> {
        let sidecars: Vec<PathBuf> = ["-wal", "-journal"]
            .map(|ending| beside(path, ending))
            .into_iter()
            .filter(|p| fs::metadata(p).is_ok_and(|m| m.len() > 0))
            .collect();
        let in_wal_mode = is_in_wal_mode(path);
        // Whoever holds a lock on a file without a log is in the middle of writing. (A log keeps its writers apart from readers.)
        if !in_wal_mode {
            match read_in_place(path, "").and_then(|db| Source::over(db, name, shown)) {
                Err(error) if sidecars.is_empty() || matches!(error, LegacyError::Locked { .. }) => return Err(error),
                Ok(source) if sidecars.is_empty() => return Ok(source),
                _ => {}
            }
        } else if sidecars.is_empty() {
            // Nothing in the log: all is in the file, and nobody needs the shared memory that a log asks for.
            return Source::over(read_in_place(path, "?immutable=1")?, name, shown);
        }
        let copy = Copy::of(path, &sidecars)?;
        let db = Connection::open(&copy.database).map_err(|e| opening(path, &e))?;
        let mut source = Source::over(db, name, shown)?;
        source._copy = Some(copy);
        Ok(source)
    }
}

fn read_in_place(path: &Path, parameters: &str) -> Result<Connection, LegacyError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_URI;
    let uri = format!("file:{}{parameters}", escaped(&path.to_string_lossy()));
    let db = Connection::open_with_flags(uri, flags).map_err(|e| opening(path, &e))?;
    db.busy_timeout(PATIENCE).map_err(|e| opening(path, &e))?;
    Ok(db)
}

/// What SQLite says of half a file helps nobody: says how much of it is there, if that is it.
fn in_bytes(path: &Path, error: LegacyError) -> LegacyError {
    use std::io::Read;
    let mut head = [0; 100];
    let whole = fs::File::open(path).and_then(|mut f| f.read_exact(&mut head)).ok().and_then(|()| size(&head));
    let there = fs::metadata(path).map_or(u64::MAX, |m| m.len());
    match (error, whole) {
        (LegacyError::NotSqlite { path, .. }, Some(whole)) if is_sqlite(&head) && there < whole => {
            LegacyError::NotSqlite { path, message: format!("it breaks off after {there} of {whole} bytes") }
        }
        (error, _) => error,
    }
}

/// For a URI.
fn escaped(path: &str) -> String {
    path.replace('%', "%25").replace('?', "%3f").replace('#', "%23")
}

/// Bytes 18 and 19 of a database tell how it is written.
fn is_in_wal_mode(path: &Path) -> bool {
    use std::io::Read;
    let mut head = [0u8; 20];
    fs::File::open(path).and_then(|mut f| f.read_exact(&mut head)).is_ok() && (head[18] == 2 || head[19] == 2)
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name: OsString = path.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}

/// A copy of a database with what belongs to it, in a folder of its own; removed when dropped.
#[derive(Debug)]
pub struct Copy {
    folder: PathBuf,
    database: PathBuf,
}

impl Copy {
    fn of(path: &Path, sidecars: &[PathBuf]) -> Result<Copy, LegacyError> {
        let folder = std::env::temp_dir().join(format!("tunetrees-legacy-{}", Uuid::now_v7()));
        let failed = |e: std::io::Error| LegacyError::Write { path: folder.clone(), message: e.to_string() };
        fs::create_dir(&folder).map_err(failed)?;
        let copy = Copy { database: folder.join("legacy.sqlite3"), folder: folder.clone() };
        let before = stamps(path, sidecars);
        fs::copy(path, &copy.database).map_err(failed)?;
        for sidecar in sidecars {
            let ending = sidecar.to_string_lossy()[path.to_string_lossy().len()..].to_owned();
            fs::copy(sidecar, beside(&copy.database, &ending)).map_err(failed)?;
        }
        if stamps(path, sidecars) != before {
            let message = "it changed while it was copied".to_owned();
            return Err(LegacyError::Locked { path: path.to_owned(), message });
        }
        Ok(copy)
    }
}

impl Drop for Copy {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn stamps(path: &Path, sidecars: &[PathBuf]) -> Vec<Option<(u64, SystemTime)>> {
    let all = std::iter::once(path).chain(sidecars.iter().map(PathBuf::as_path));
    all.map(|p| fs::metadata(p).ok().and_then(|m| Some((m.len(), m.modified().ok()?)))).collect()
}
