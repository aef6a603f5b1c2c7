//! Snapshots on this device: made before something large happens, listed, given back, removed. What goes wrong with one never stops what it was
//! made for; the person is told. Browser only; what is kept, and how much, is `store::snapshots`. In the bundle only the question whether there
//! is anything to keep is answered at once: the rest is in the part of files (`worker::parts`).

use std::rc::Rc;

use rusqlite::Connection;

#[cfg(feature = "parts")]
use super::parts;
use super::protocol::{DataAnswer, DataRequest, Failure, Response, StorageMode};
use super::runtime::{Runtime, now, sqlite_failure, storage_failure};
use crate::domain::ids::{DeviceId, UserId};
use crate::domain::snapshot::Why;
use crate::store::schema::VERSION;
use crate::store::snapshots::{self, FILE, Older, Snapshots};
use crate::store::{Store, StoreError};

/// So many tunes at once are more than a handful.
pub(super) const MANY: usize = 5;

/// Keeps everything of hers as it is now.
pub(super) async fn keep(runtime: &Rc<Runtime>, why: Why) {
    if runtime.storage.mode() == StorageMode::Memory {
        return;
    }
    #[cfg(feature = "parts")]
    let kept = parts::keep(runtime.clone(), why).await;
    #[cfg(not(feature = "parts"))]
    let kept = keep_now(runtime, why).await;
    if let Err(failure) = kept {
        tracing::warn!(%failure, "no snapshot could be kept");
        runtime.tell(match failure {
            Failure::Offline(_) => {
                "A part of TuneTrees was not here yet, so no snapshot of your data was kept before this. It went on without one."
            }
            _ => "There was no room for a snapshot of your data before this. It went on without one.",
        });
        runtime.tell_unheard();
    }
}

/// Keeps everything in a file that opening will bring into another form.
pub(super) async fn before_upgrade(runtime: &Rc<Runtime>, conn: &Connection, device: DeviceId) {
    if snapshots::older_schema(conn).is_none() {
        return;
    }
    #[cfg(feature = "parts")]
    let kept = parts::before_upgrade(runtime.clone(), conn, device).await;
    #[cfg(not(feature = "parts"))]
    let kept = match older(conn, device) {
        Some(older) => keep_older(runtime, older).await,
        None => Ok(()),
    };
    if let Err(failure) = kept {
        tracing::warn!(%failure, "no snapshot could be kept of the older database");
        runtime.tell(match failure {
            Failure::Offline(_) => {
                "TuneTrees was updated. A part of it was not here yet, so no snapshot of your data was kept before that; it went on without one."
            }
            _ => "TuneTrees was updated. There was no room for a snapshot of your data before that; it went on without one.",
        });
    }
}

/// Opens the snapshots' file for `work`. One at a time: the file has one owner.
async fn with_snapshots<T>(
    runtime: &Runtime,
    work: impl FnOnce(&Snapshots) -> Result<T, StoreError>,
) -> Result<T, Failure> {
    let _turn = runtime.keeping.lock().await;
    let conn = runtime.storage.connect(FILE).await.map_err(storage_failure)?;
    let mut snapshots = Snapshots::open(conn).map_err(Failure::from)?;
    let done = work(&snapshots);
    if runtime.storage.needs_persist() {
        let image = snapshots.image().map_err(sqlite_failure)?;
        runtime.storage.persist(FILE, || Ok(Some(image))).await.map_err(storage_failure)?;
    }
    Ok(done?)
}

/// What [`keep`] does where there is a place to keep it.
pub(super) async fn keep_now(runtime: &Rc<Runtime>, why: Why) -> Result<(), Failure> {
    match runtime.with_store(|store| store.snapshot(now()).map(|text| (store.user(), text))) {
        Some(made) => {
            let (user, text) = made?;
            with_snapshots(runtime, |all| all.keep(user, now(), why, VERSION, &text)).await
        }
        None => Ok(()),
    }
}

/// What a file holds that opening will bring into another form.
pub(super) fn older(conn: &Connection, device: DeviceId) -> Option<Older> {
    snapshots::before_upgrade(conn, device, now()).unwrap_or_else(|error| {
        tracing::warn!(%error, "no snapshot could be made of the older database");
        None
    })
}

/// Keeps that, once.
pub(super) async fn keep_older(runtime: &Runtime, older: Older) -> Result<(), Failure> {
    let kept = with_snapshots(runtime, |all| {
        if all.has_upgrade_of(older.owner, older.schema)? {
            return Ok(());
        }
        all.keep(older.owner, now(), Why::Upgrade, older.schema, &older.text)
    });
    kept.await
}

/// What was made without an account is the account's from now on.
pub(super) async fn give(runtime: &Runtime, from: UserId, to: UserId) {
    change(runtime, |all| all.give(from, to)).await;
}

/// Her data leave the device, and her snapshots with them.
pub(super) async fn forget(runtime: &Runtime, user: UserId) {
    change(runtime, |all| all.forget(user)).await;
}

async fn change(runtime: &Runtime, work: impl FnOnce(&Snapshots) -> Result<(), StoreError>) {
    match runtime.storage.exists(FILE).await {
        Ok(true) => {}
        _ => return,
    }
    if let Err(failure) = with_snapshots(runtime, work).await {
        tracing::error!(%failure, "the snapshots could not be changed");
    }
}

/// Meets a request about snapshots.
pub(super) async fn answer(runtime: &Rc<Runtime>, request: DataRequest) -> Result<Response, Failure> {
    let user = runtime.with_store(|store: &mut Store| store.user());
    let user = user.ok_or_else(|| Failure::Storage("The database is being changed over. Try again.".to_owned()))?;
    if runtime.storage.mode() == StorageMode::Memory {
        return Ok(DataAnswer::Snapshots(Vec::new()).into());
    }
    match request {
        DataRequest::SnapshotText { id } => {
            Ok(Response::Export(with_snapshots(runtime, |all| all.text(user, id)).await?))
        }
        DataRequest::ChooseSnapshot { id } => {
            let text = with_snapshots(runtime, |all| all.text(user, id)).await?;
            runtime.choose("Snapshot", text);
            Ok(Response::Done)
        }
        DataRequest::RemoveSnapshot { id } => {
            let left = with_snapshots(runtime, |all| {
                all.remove(user, id)?;
                all.list(user)
            });
            Ok(DataAnswer::Snapshots(left.await?).into())
        }
        _ => {
            let there = runtime.storage.exists(FILE).await.map_err(storage_failure)?;
            let all = if there { with_snapshots(runtime, |all| all.list(user)).await? } else { Vec::new() };
            Ok(DataAnswer::Snapshots(all).into())
        }
    }
}
