//! The Realtime service: channels over a WebSocket, changes of tables, broadcasts. It reads the write-ahead log
//! and asks PostgreSQL's own policies; it never trusts what a client says about itself.
//!
//! [`frame`] is the wire form, [`hub`] the register of joined channels, [`socket`] one client, [`slot`] the
//! source of changes, [`change`] what each subscriber may see of one, [`access`] tokens and private channels,
//! [`http`] broadcasts over HTTP. Presence is not implemented and refused.

mod access;
mod change;
mod filter;
mod frame;
mod http;
mod hub;
mod slot;
mod socket;
mod sql;

use axum::Router;
use axum::routing::{get, post};

use crate::AppState;
use hub::Hub;

/// What the handlers share.
#[derive(Clone)]
struct Realtime {
    app: AppState,
    hub: Hub,
}

/// The routes below `/realtime/v1`. Starts reading changes in the background; that ends when the stack stops.
pub fn router(state: AppState) -> Router {
    let hub = Hub::default();
    tokio::spawn(slot::run(state.clone(), hub.clone()));
    Router::new()
        .route("/websocket", get(socket::upgrade))
        .route("/api/broadcast", post(http::broadcast))
        .route("/api/broadcast/{topic}/events/{event}", post(http::broadcast_one))
        .with_state(Realtime { app: state, hub })
}
