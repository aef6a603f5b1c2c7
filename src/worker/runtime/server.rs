//! The server this deployment belongs to, and who is signed in there.

use std::rc::Rc;

use wasm_bindgen::prelude::*;
use web_sys::DedicatedWorkerGlobalScope;

use super::desk::stored_session;
use super::{Runtime, sqlite_failure};
use crate::remote::Config;
use crate::sync::status::SyncStatus;
use crate::worker::device::ServerConfig;
use crate::worker::protocol::{Account, Failure, FromWorker};

impl Runtime {
    /// Reads who is signed in from the device database; whether that changed.
    pub(in crate::worker) fn read_account(&self) -> Result<bool, Failure> {
        let signed_in = self.device.borrow().signed_in().map_err(sqlite_failure)?;
        let account = match signed_in {
            Some(account) => Account::SignedIn { email: account.email, expired: account.refresh_token.is_none() },
            None => Account::LocalOnly { server: self.server().is_some() },
        };
        let changed = *self.account.borrow() != account;
        *self.account.borrow_mut() = account;
        Ok(changed)
    }

    /// The server last heard of.
    pub(in crate::worker) fn server(&self) -> Option<Config> {
        let known = self.device.borrow().server().ok().flatten()?;
        Some(Config::new(&known.supabase_url, &known.supabase_key))
    }
}

/// Asks which server this deployment belongs to. Offline, or where there is none, the one last heard of stays.
pub(in crate::worker) async fn refresh_server_config(runtime: &Rc<Runtime>) {
    let Some(found) = fetch_config().await else { return };
    let known = runtime.device.borrow().server().ok().flatten();
    if known == found {
        return;
    }
    if let Err(error) = runtime.device.borrow().set_server(found.as_ref()) {
        tracing::error!(%error, "the server's address could not be kept");
    }
    if let Err(failure) = runtime.persist_device().await {
        tracing::error!(%failure, "the server's address could not be kept");
    }
    let signed_in = runtime.device.borrow().signed_in().ok().flatten();
    runtime.start_driver(signed_in.and_then(stored_session));
    if found.is_none() {
        runtime.tell_status(SyncStatus::local_only());
    }
    if runtime.read_account().unwrap_or(false) {
        let account = runtime.account.borrow().clone();
        runtime.post(&FromWorker::Account(account));
    }
}

/// `/config.json`: `None` if it cannot be had now, `Some(None)` if it names no server.
async fn fetch_config() -> Option<Option<ServerConfig>> {
    let scope: DedicatedWorkerGlobalScope = js_sys::global().unchecked_into();
    let response = wasm_bindgen_futures::JsFuture::from(scope.fetch_with_str("/config.json")).await.ok()?;
    let response: web_sys::Response = response.dyn_into().ok()?;
    if !response.ok() {
        return None;
    }
    let text = wasm_bindgen_futures::JsFuture::from(response.text().ok()?).await.ok()?.as_string()?;
    let value: serde_json::Value = serde_json::from_str(&text).ok()?;
    let complete = |c: &ServerConfig| !c.supabase_url.is_empty() && !c.supabase_key.is_empty();
    Some(serde_json::from_value::<ServerConfig>(value).ok().filter(complete))
}
