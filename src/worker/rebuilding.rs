//! A damaged database file is made anew: what can be read of unsent edits is carried over and kept as text, and the damaged file is put aside.
//! Everything else comes from the server. Browser only; reading the damage is `store::salvage`.

use std::rc::Rc;

use super::protocol::Failure;
use super::repair::open;
use super::runtime::{Runtime, local_owner, now, sqlite_failure, storage_failure};
use crate::domain::ids::UserId;
use crate::store::Store;
use crate::store::salvage::{Salvage, salvage};

/// A person's file that is damaged.
pub(super) struct Damaged {
    pub(super) file: String,
    pub(super) user: UserId,
    pub(super) signed_in: bool,
    /// What is wrong with it.
    pub(super) words: String,
}

/// Makes a damaged file, which nobody has open, anew.
pub(super) async fn rebuild(runtime: &Rc<Runtime>, damaged: Damaged) -> Result<Store, Failure> {
    let Damaged { file, user, signed_in, words } = damaged;
    let file = file.as_str();
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

/// Goes on with that where the tab was closed in the middle of it: `store` is the new file.
pub(super) async fn go_on(
    runtime: &Rc<Runtime>,
    file: String,
    store: Store,
    signed_in: bool,
) -> Result<Store, Failure> {
    match begun(runtime, &file)? {
        Some(saved) => fill(runtime, &file, store, &saved, signed_in).await,
        None => Ok(store),
    }
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
