//! A person's database file is opened, and looked through for damage. One that is damaged, or gone, is made anew (`rebuilding`), and the person is
//! told. Browser only.

use std::rc::Rc;

use super::device::{self, Device};
use super::keeping;
#[cfg(feature = "parts")]
pub(super) use super::parts::{go_on, rebuild};
use super::protocol::Failure;
use super::rebuilding::Damaged;
#[cfg(not(feature = "parts"))]
pub(super) use super::rebuilding::{go_on, rebuild};
use super::runtime::{Runtime, now, sqlite_failure, storage_failure};
use super::storage::Storage;
use crate::domain::ids::UserId;
use crate::store::salvage::damage;
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
        Err(StoreError::Damaged(words)) => {
            rebuild(runtime, Damaged { file: file.to_owned(), user, signed_in, words }).await?
        }
        opened => {
            let store = opened.map_err(Failure::from)?;
            let begun = runtime.device.borrow().rebuilding(file).map_err(sqlite_failure)?.is_some();
            // The tab was closed while the file was made anew.
            if begun { go_on(runtime, file.to_owned(), store, signed_in).await? } else { store }
        }
    };
    runtime.device.borrow().set_checked(file, Some(&today)).map_err(sqlite_failure)?;
    runtime.persist_device().await?;
    Ok(store)
}

pub(super) fn open(
    runtime: &Runtime,
    conn: rusqlite::Connection,
    user: UserId,
    signed_in: bool,
) -> Result<Store, StoreError> {
    let device = runtime.device.borrow().id()?;
    let user = if signed_in { user } else { Store::recorded_user(&conn)?.unwrap_or(user) };
    Store::open(conn, Identity { user, device })
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
