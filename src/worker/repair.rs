//! A database file that is damaged, or gone: it is made anew, what can be read of unsent edits is carried over and kept as text, the damaged
//! file is put aside, and the person is told. Everything else comes from the server. Browser only; reading the damage is `store::salvage`.

use std::rc::Rc;

use super::device::{self, Device};
use super::keeping;
use super::protocol::Failure;
use super::runtime::{Runtime, local_owner, now, sqlite_failure, storage_failure};
use super::storage::Storage;
use crate::domain::ids::UserId;
use crate::store::salvage::{Salvage, damage, salvage};
use crate::store::{Identity, Store, StoreError};

/// The device database; where it is damaged, a new one, and what to say of it.
pub(super) async fn open_device(storage: &Storage) -> Result<(Device, Option<String>), Failure> {
    let connect = || async { storage.connect(device::FILE).await.map_err(storage_failure) };
    match Device::open(connect().await?) {
        Ok(device) => Ok((device, None)),
        Err(error) if matches!(StoreError::from(copy(&error)), StoreError::Damaged(_)) => {
            tracing::error!(%error, "the device's own database is damaged");
            storage.set_aside(device::FILE).await.map_err(storage_failure)?;
            let device = Device::open(connect().await?).map_err(sqlite_failure)?;
            let text = "What this device remembered of your account was damaged. Your tunes are not affected: sign in again to see them.";
            Ok((device, Some(text.to_owned())))
        }
        Err(error) => Err(sqlite_failure(error)),
    }
}

/// SQLite's errors cannot be cloned; the code is what matters.
fn copy(error: &rusqlite::Error) -> rusqlite::Error {
    match error {
        rusqlite::Error::SqliteFailure(code, words) => rusqlite::Error::SqliteFailure(*code, words.clone()),
        _ => rusqlite::Error::InvalidQuery,
    }
}

/// Opens a person's file. It is looked through for damage once a day, and thoroughly when a query has met some.
pub(super) async fn open_store(
    runtime: &Rc<Runtime>,
    file: &str,
    user: UserId,
    signed_in: bool,
) -> Result<Store, Failure> {
    let today = now().to_string().chars().take(10).collect::<String>();
    let checked = runtime.device.borrow().checked(file).map_err(sqlite_failure)?;
    let exists = runtime.storage.exists(file).await.map_err(storage_failure)?;
    if checked.is_some() && !exists {
        runtime.device.borrow().forget_id().map_err(sqlite_failure)?;
        runtime.tell(if signed_in {
            "Your data were gone from this device: the browser had cleared them. They are fetched from the server again; changes that had not been sent are not among them."
        } else {
            "Your data were gone from this device: the browser had cleared them. Make an account, and they are safe on the server too."
        });
    }
    let conn = runtime.storage.connect(file).await.map_err(storage_failure)?;
    let found =
        if exists && checked.as_deref() != Some(today.as_str()) { damage(&conn, checked.is_none()) } else { None };
    let device = runtime.device.borrow().id().map_err(sqlite_failure)?;
    let opened = match found {
        Some(words) => {
            // A file that is open can be neither copied nor removed.
            drop(conn);
            Err(StoreError::Damaged(words))
        }
        None => {
            keeping::before_upgrade(runtime, &conn, device).await;
            open(runtime, conn, user, signed_in)
        }
    };
    let store = match opened {
        Err(StoreError::Damaged(words)) => rebuild(runtime, file, user, signed_in, &words).await?,
        opened => {
            let store = opened.map_err(Failure::from)?;
            match begun(runtime, file)? {
                // The tab was closed while the file was made anew.
                Some(saved) => fill(runtime, file, store, &saved, signed_in).await?,
                None => store,
            }
        }
    };
    runtime.device.borrow().set_checked(file, Some(&today)).map_err(sqlite_failure)?;
    runtime.persist_device().await?;
    Ok(store)
}

fn open(runtime: &Runtime, conn: rusqlite::Connection, user: UserId, signed_in: bool) -> Result<Store, StoreError> {
    let device = runtime.device.borrow().id()?;
    let user = if signed_in { user } else { Store::recorded_user(&conn)?.unwrap_or(user) };
    Store::open(conn, Identity { user, device })
}

/// Makes a damaged file, which nobody has open, anew.
pub(super) async fn rebuild(
    runtime: &Rc<Runtime>,
    file: &str,
    user: UserId,
    signed_in: bool,
    words: &str,
) -> Result<Store, Failure> {
    tracing::error!(file, words, "a database is damaged and is made anew");
    // What was read the first time, if it was killed since.
    let before = begun(runtime, file)?;
    let (saved, user) = match runtime.storage.connect(file).await {
        Ok(conn) => {
            let user = if signed_in { user } else { local_owner(&conn, user).unwrap_or(user) };
            (before.unwrap_or_else(|| salvage(&conn)), user)
        }
        Err(_) => (before.unwrap_or_default(), user),
    };
    let json = serde_json::to_string_pretty(&saved).map_err(|e| Failure::Storage(e.to_string()))?;
    {
        let device = runtime.device.borrow();
        device.set_rebuilding(file, Some(&json)).map_err(sqlite_failure)?;
        if !saved.unsent.is_empty() {
            device.keep_salvaged(&json).map_err(sqlite_failure)?;
        }
        // A new file, a new device: nothing the server knows of the one before may be taken for this one's.
        device.forget_id().and_then(|()| device.set_checked(file, None)).map_err(sqlite_failure)?;
    }
    runtime.persist_device().await?;
    runtime.storage.set_aside(file).await.map_err(storage_failure)?;
    let conn = runtime.storage.connect(file).await.map_err(storage_failure)?;
    let store = open(runtime, conn, user, signed_in).map_err(Failure::from)?;
    fill(runtime, file, store, &saved, signed_in).await
}

/// What was read of the damaged `file`, if that was begun and not ended.
fn begun(runtime: &Runtime, file: &str) -> Result<Option<Salvage>, Failure> {
    let json = runtime.device.borrow().rebuilding(file).map_err(sqlite_failure)?;
    Ok(json.and_then(|json| serde_json::from_str(&json).ok()))
}

/// Puts what was read of a damaged file into the one that takes its place, stores that, and has the person told.
async fn fill(
    runtime: &Rc<Runtime>,
    file: &str,
    mut store: Store,
    saved: &Salvage,
    signed_in: bool,
) -> Result<Store, Failure> {
    let restored = saved.restore(&mut store, now()).unwrap_or_else(|error| {
        tracing::error!(%error, "the unsent changes could not be carried over");
        0
    });
    runtime.storage.persist(file, || store.image().map(Some)).await.map_err(storage_failure)?;
    let unsent = match restored {
        0 if saved.unsent.is_empty() && saved.complete => "Nothing was waiting to be sent.".to_owned(),
        0 => "If changes were waiting to be sent, they could not be read.".to_owned(),
        1 => "One change that had not been sent was read from it and carried over; Settings has it as a file, too."
            .into(),
        n => format!(
            "{n} changes that had not been sent were read from it and carried over; Settings has them as a file, too."
        ),
    };
    let rest = if signed_in { "Everything else is fetched from the server again." } else { "" };
    runtime.tell(&format!("The database on this device was damaged and has been made anew. {unsent} {rest}"));
    runtime.device.borrow().set_rebuilding(file, None).map_err(sqlite_failure)?;
    runtime.persist_device().await?;
    Ok(store)
}

/// A query has met damage: the desk is cleared and laid anew.
pub(super) async fn repair(runtime: &Rc<Runtime>) {
    let Some(file) = runtime.desk.borrow().as_ref().map(|desk| desk.file.clone()) else { return };
    let again = async {
        drop(runtime.close_desk().await?);
        runtime.device.borrow().set_checked(&file, None).map_err(sqlite_failure)?;
        runtime.reopen_desk().await
    };
    if let Err(failure) = again.await {
        tracing::error!(%failure, "the damaged database could not be made anew");
        runtime.tell(&failure.to_string());
    }
    runtime.tell_unheard();
}
