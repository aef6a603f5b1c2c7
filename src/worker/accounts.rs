//! Signing up, in and out; changing and deleting the account. The network comes first, the local change-over after it: if the network fails nothing has changed,
//! and the change-over itself can be repeated at any point.

use std::rc::Rc;

use serde_json::json;

use super::device::SignedIn;
use super::driver::DriverHandle;
use super::keeping;
use super::protocol::{Account, AccountRequest, Failure, FromWorker, IntakeProgress, UnsentWork};
use super::runtime::{
    LOCAL_FILE, Runtime, account_file, local_owner, now, refresh_server_config, sqlite_failure, storage_failure,
};
use crate::domain::ids::UserId;
use crate::remote::auth::{AuthClient, AuthError, Session};
use crate::store::outbox;
use crate::store::schema::Table;
use crate::store::take_along::Luggage;
use crate::store::{Identity, Store};

/// Performs an account request.
pub(super) async fn answer(runtime: &Rc<Runtime>, request: AccountRequest) -> Result<Account, Failure> {
    match request {
        AccountRequest::SignUp { email, password } => {
            let session = client(runtime).await?.sign_up(&email, &password, now()).await.map_err(auth_failure)?;
            change_over(runtime, session).await
        }
        AccountRequest::SignIn { email, password } => {
            let session = client(runtime).await?.sign_in(&email, &password, now()).await.map_err(auth_failure)?;
            change_over(runtime, session).await
        }
        AccountRequest::SendCode { email } => {
            client(runtime).await?.send_code(&email).await.map_err(auth_failure)?;
            Ok(runtime.account.borrow().clone())
        }
        AccountRequest::UseCode { email, code, wanted } => {
            let client = client(runtime).await?;
            let chosen = runtime.recovery.choose(&client, (email.trim(), &code), &wanted, now()).await;
            change_over(runtime, chosen.map_err(auth_failure)?).await
        }
        AccountRequest::ChangePassword { current, wanted } => {
            let (client, session) = proven(runtime, &current).await?;
            let changes = json!({ "password": wanted, "current_password": current });
            client.update(&session, &changes).await.map_err(auth_failure)?;
            // The server has ended all sessions but this new one.
            change_over(runtime, session).await
        }
        AccountRequest::ChangeEmail { email, password } => {
            let (client, session) = proven(runtime, &password).await?;
            let email = client.update(&session, &json!({ "email": email.trim() })).await.map_err(auth_failure)?;
            change_over(runtime, Session { email, ..session }).await
        }
        AccountRequest::DeleteAccount { password } => {
            let (client, session) = proven(runtime, &password).await?;
            client.delete_account(&session).await.map_err(deletion_failure)?;
            leave(runtime, session.user, true).await
        }
        AccountRequest::EraseDevice => erase(runtime).await,
        AccountRequest::SignOut { unsent } => sign_out(runtime, unsent).await,
    }
}

async fn client(runtime: &Rc<Runtime>) -> Result<AuthClient, Failure> {
    if runtime.server().is_none() {
        // Nobody can be quicker than the first answer about the server.
        refresh_server_config(runtime).await;
    }
    let none =
        "TuneTrees knows no server here: your data stay on this device. Go online once, or ask who runs this site.";
    runtime.server().map(AuthClient::new).ok_or_else(|| Failure::Offline(none.into()))
}

/// Whoever changes the account shows that it is hers: a session that was just made with the password.
async fn proven(runtime: &Rc<Runtime>, password: &str) -> Result<(AuthClient, Session), Failure> {
    let account = runtime.device.borrow().signed_in().map_err(sqlite_failure)?;
    let account = account.ok_or_else(|| Failure::Auth("Nobody is signed in here any more.".to_owned()))?;
    let client = client(runtime).await?;
    match client.sign_in(&account.email, password, now()).await {
        Ok(session) => Ok((client, session)),
        Err(AuthError::WrongCredentials) => Err(Failure::Auth("The password is wrong.".to_owned())),
        Err(error) => Err(auth_failure(error)),
    }
}

/// A reply that was lost says nothing about what was done.
fn deletion_failure(error: AuthError) -> Failure {
    match error {
        AuthError::Unreachable(_) => Failure::Offline(
            "The connection broke off, so it is not known whether your account was deleted. Try again when you are online: if your password is \
             refused then, it is gone, and you can sign out here."
                .to_owned(),
        ),
        other => auth_failure(other),
    }
}

fn auth_failure(error: AuthError) -> Failure {
    match error {
        AuthError::Unreachable(_) => Failure::Offline(error.to_string()),
        _ => Failure::Auth(error.to_string()),
    }
}

/// From whoever used the device to the account: her database is opened, and what was made here without an account goes along.
async fn change_over(runtime: &Rc<Runtime>, session: Session) -> Result<Account, Failure> {
    let before = runtime.device.borrow().signed_in().map_err(sqlite_failure)?;
    let account = SignedIn {
        user: session.user,
        email: session.email.clone(),
        refresh_token: Some(session.refresh_token.clone()),
    };
    runtime.device.borrow().set_signed_in(Some(&account)).map_err(sqlite_failure)?;
    runtime.persist_device().await?;
    if before.as_ref().is_some_and(|before| before.user == account.user) {
        runtime.start_driver(Some(session));
        return announce(runtime);
    }
    // Closed first: what is edited until then is in the luggage, and nothing can be edited after it.
    let closed = runtime.close_desk().await?;
    let luggage = match closed {
        // Another account's rows are never taken along.
        Some(local) if before.is_none() => Some(Luggage::pack(&local).map_err(Failure::from)?),
        _ => None,
    };
    runtime.open_desk(account.user, Some(session)).await?;
    if let Some(luggage) = luggage {
        take_along(runtime, luggage).await?;
    }
    runtime.with_store(Store::take_changes);
    runtime.post(&FromWorker::Changed(Table::ALL.to_vec()));
    announce(runtime)
}

/// Unpacks into the open database; only when that is stored does the local file go.
async fn take_along(runtime: &Rc<Runtime>, luggage: Luggage) -> Result<(), Failure> {
    let mut on_progress = runtime.progress();
    let before = luggage.owner();
    let mut on_row = |done, all| on_progress(IntakeProgress::of(done, all));
    let unpack = |store: &mut Store| luggage.unpack(store, now(), &mut on_row);
    let added = runtime.with_store(unpack).transpose().map_err(Failure::from)?;
    runtime.persist_desk().await?;
    tracing::info!(rows = added, "local data taken along into the account");
    runtime.remove_file(LOCAL_FILE).await?;
    let owner = runtime.with_store(|store| store.user());
    if let Some(owner) = owner {
        keeping::give(runtime, before, owner).await;
    }
    runtime.device.borrow().forget_local_user().map_err(sqlite_failure)?;
    runtime.persist_device().await?;
    runtime.with_driver(DriverHandle::local_edit);
    Ok(())
}

/// Goes on with a change-over in the middle of which the tab was killed: the file of local data is still there.
pub(super) async fn take_leftovers_along(runtime: &Rc<Runtime>) -> Result<(), Failure> {
    let conn = runtime.storage.connect(LOCAL_FILE).await.map_err(storage_failure)?;
    let (user, device) = {
        let device = runtime.device.borrow();
        (device.local_user().map_err(sqlite_failure)?, device.id().map_err(sqlite_failure)?)
    };
    let user = local_owner(&conn, user)?;
    keeping::before_upgrade(runtime, &conn, device).await;
    let luggage = {
        let local = Store::open(conn, Identity { user, device }).map_err(Failure::from)?;
        Luggage::pack(&local).map_err(Failure::from)?
    };
    take_along(runtime, luggage).await
}

/// Ends the session. Her database stays on the device if it holds unsent work that she keeps; else it is removed, unsent work that she gives up with it.
async fn sign_out(runtime: &Rc<Runtime>, unsent: UnsentWork) -> Result<Account, Failure> {
    let Some(account) = runtime.device.borrow().signed_in().map_err(sqlite_failure)? else {
        return announce(runtime);
    };
    let counts = runtime.with_store(|store| outbox::counts(store.conn())).transpose().map_err(Failure::from)?;
    let pending = counts.map_or(0, |counts| counts.pending + counts.refused + counts.undecided);
    if pending > 0 && unsent == UnsentWork::Refuse {
        return Err(Failure::Unsent { pending });
    }
    leave(runtime, account.user, pending == 0 || unsent == UnsentWork::Discard).await
}

/// What was made without an account goes: the file, what was put aside of it, the snapshots. Whoever begins anew is somebody new.
async fn erase(runtime: &Rc<Runtime>) -> Result<Account, Failure> {
    if runtime.device.borrow().signed_in().map_err(sqlite_failure)?.is_some() {
        return Err(Failure::Invalid("You are signed in. Delete your account instead, or sign out.".to_owned()));
    }
    let user = runtime.with_store(|store| store.user());
    runtime.close_desk().await?;
    runtime.remove_file(LOCAL_FILE).await?;
    runtime.storage.remove(&format!("{LOCAL_FILE}.damaged")).await.map_err(storage_failure)?;
    if let Some(user) = user {
        keeping::forget(runtime, user).await;
    }
    {
        let device = runtime.device.borrow();
        device.forget_salvaged().and_then(|()| device.forget_local_user()).map_err(sqlite_failure)?;
    }
    let user = runtime.device.borrow().local_user().map_err(sqlite_failure)?;
    runtime.persist_device().await?;
    runtime.open_desk(user, None).await?;
    runtime.post(&FromWorker::Changed(Table::ALL.to_vec()));
    announce(runtime)
}

/// From the account to nobody's data, hers removed or kept.
async fn leave(runtime: &Rc<Runtime>, user: UserId, remove: bool) -> Result<Account, Failure> {
    runtime.close_desk().await?;
    {
        let device = runtime.device.borrow();
        let noted = if remove { device.set_leaving(Some(user)) } else { device.set_signed_in(None) };
        noted.map_err(sqlite_failure)?;
    }
    runtime.persist_device().await?;
    finish_leaving(runtime).await?;
    let user = runtime.device.borrow().local_user().map_err(sqlite_failure)?;
    runtime.persist_device().await?;
    runtime.open_desk(user, None).await?;
    runtime.post(&FromWorker::Changed(Table::ALL.to_vec()));
    announce(runtime)
}

/// Removes what somebody keeps nothing of here; also at the next start, if the tab was closed in between: what she has discarded must not be sent when
/// she signs in again.
pub(super) async fn finish_leaving(runtime: &Runtime) -> Result<(), Failure> {
    let Some(user) = runtime.device.borrow().leaving().map_err(sqlite_failure)? else { return Ok(()) };
    runtime.device.borrow().set_signed_in(None).map_err(sqlite_failure)?;
    runtime.remove_file(&account_file(user)).await?;
    keeping::forget(runtime, user).await;
    runtime.device.borrow().set_leaving(None).map_err(sqlite_failure)?;
    runtime.persist_device().await
}

fn announce(runtime: &Rc<Runtime>) -> Result<Account, Failure> {
    runtime.read_account()?;
    let account = runtime.account.borrow().clone();
    runtime.post(&FromWorker::Account(account.clone()));
    Ok(account)
}
