//! Snapshots on this device: made before something large happens, listed, given back, removed. What goes wrong with one never stops what it was
//! made for; the person is told. Browser only; what is kept, and how much, is `store::snapshots`.

use std::rc::Rc;

use rusqlite::Connection;

use super::protocol::{DataAnswer, DataRequest, Failure, Response, StorageMode};
use super::runtime::{Runtime, now, sqlite_failure, storage_failure};
use crate::domain::ids::{DeviceId, UserId};
use crate::domain::snapshot::Why;
use crate::store::schema::VERSION;
use crate::store::snapshots::{self, FILE, Snapshots};
use crate::store::{Store, StoreError};

/// So many tunes at once are more than a handful.
pub(super) const MANY: usize = 5;

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

/// Keeps everything of hers as it is now.
pub(super) async fn keep(runtime: &Rc<Runtime>, why: Why) {
    if runtime.storage.mode() == StorageMode::Memory {
        return;
    }
    let made = runtime.with_store(|store| store.snapshot(now()).map(|text| (store.user(), text)));
    let kept = match made {
        Some(Ok((user, text))) => with_snapshots(runtime, |all| all.keep(user, now(), why, VERSION, &text)).await,
        Some(Err(error)) => Err(error.into()),
        None => return,
    };
    if let Err(failure) = kept {
        tracing::warn!(%failure, "no snapshot could be kept");
        runtime.tell("There was no room for a snapshot of your data before this. It went on without one.");
        runtime.tell_unheard();
    }
}

/// Keeps everything in a file that opening will bring into another form.
pub(super) async fn before_upgrade(runtime: &Runtime, conn: &Connection, device: DeviceId) {
    let older = match snapshots::before_upgrade(conn, device, now()) {
        Ok(Some(older)) => older,
        Ok(None) => return,
        Err(error) => return tracing::warn!(%error, "no snapshot could be made of the older database"),
    };
    let kept = with_snapshots(runtime, |all| {
        if all.has_upgrade_of(older.owner, older.schema)? {
            return Ok(());
        }
        all.keep(older.owner, now(), Why::Upgrade, older.schema, &older.text)
    });
    if let Err(failure) = kept.await {
        tracing::warn!(%failure, "no snapshot could be kept of the older database");
        runtime.tell(
            "TuneTrees was updated. There was no room for a snapshot of your data before that; it went on without one.",
        );
    }
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
