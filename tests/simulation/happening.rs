//! What can happen at a time, and how it is called in a trace.

use tunetrees::domain::ids::{DeviceId, UserId};
use tunetrees::sync::engine::Event;
use tunetrees::sync::failure::RemoteError;
use tunetrees::sync::lane::RequestId;
use tunetrees::sync::wire::{Reply, Request};

use crate::model::Hold;
use crate::pages::PageEvent;
use crate::plan::Trouble;
use crate::session::Renewal;

/// A call on its way.
#[derive(Clone)]
pub struct Call {
    pub device: usize,
    /// The device as the server knows it.
    pub sender: DeviceId,
    pub life: u64,
    pub id: RequestId,
    pub request: Request,
    pub who: Option<UserId>,
    pub token_until: i64,
    /// A copy: its answer goes nowhere.
    pub mute: bool,
}

/// Something that happens at a time.
pub enum Happening {
    Operation {
        device: usize,
    },
    Wake {
        device: usize,
        life: u64,
        wake: u64,
    },
    GoOn {
        device: usize,
        life: u64,
    },
    Arrive(Box<Call>),
    Commit(Box<Call>, Hold),
    Reply {
        device: usize,
        life: u64,
        id: RequestId,
        result: Box<Result<Reply, RemoteError>>,
    },
    Refreshed {
        device: usize,
        life: u64,
        /// Of which sign-in.
        of: usize,
        renewal: Renewal,
    },
    BellUp {
        device: usize,
        bell: u64,
    },
    BellDown {
        device: usize,
        bell: u64,
    },
    Ring {
        device: usize,
        bell: u64,
    },
    Open {
        device: usize,
    },
    SignIn {
        device: usize,
    },
    /// A frozen tab thaws.
    Thaw {
        device: usize,
    },
    /// The server takes edits of this app again.
    AppIsNewEnough,
    /// The app comes to the front again.
    Front {
        device: usize,
    },
    /// A sleeping machine wakes up.
    WakeUp {
        device: usize,
    },
    BackOnline {
        device: usize,
    },
    /// The disk is not full any more.
    RoomAgain {
        device: usize,
    },
    /// Something between the tabs of a device.
    Page {
        device: usize,
        what: PageEvent,
    },
    Trouble(Trouble),
}

impl Happening {
    /// On which device; a sleeping one gets to it later.
    pub const fn device(&self) -> Option<usize> {
        match self {
            Happening::Operation { device }
            | Happening::Wake { device, .. }
            | Happening::GoOn { device, .. }
            | Happening::Reply { device, .. }
            | Happening::Refreshed { device, .. }
            | Happening::BellUp { device, .. }
            | Happening::BellDown { device, .. }
            | Happening::Ring { device, .. }
            | Happening::Open { device }
            | Happening::SignIn { device }
            | Happening::Thaw { device }
            | Happening::Front { device }
            | Happening::RoomAgain { device }
            | Happening::Page { device, .. }
            | Happening::BackOnline { device } => Some(*device),
            Happening::Arrive(_)
            | Happening::Commit(..)
            | Happening::Trouble(_)
            | Happening::AppIsNewEnough
            | Happening::WakeUp { .. } => None,
        }
    }
}

pub fn label(event: &Event) -> &'static str {
    match event {
        Event::LockGained => "lock gained",
        Event::LockLost => "lock lost",
        Event::LocalEdit => "edit",
        Event::Woken => "woken",
        Event::GoOn { .. } => "go on",
        Event::Online(true) => "online",
        Event::Online(false) => "offline",
        Event::Visible(true) => "visible",
        Event::Visible(false) => "hidden",
        Event::Focused => "focused",
        Event::DoorbellUp => "bell up",
        Event::DoorbellDown => "bell down",
        Event::DoorbellRang => "rang",
        Event::Session(_) => "session",
        Event::SessionRefreshed(_) => "refreshed",
        Event::RefreshFailed { .. } => "no refresh",
        Event::Replied { .. } => "reply",
        Event::SyncNow => "sync now",
        Event::RetryRefused => "retry",
    }
}

pub fn describe(event: &Event) -> String {
    let Event::Replied { request, result } = event else { return String::new() };
    let RequestId(id) = request;
    match result {
        Err(error) => format!("{id}: {error}"),
        Ok(Reply::Pull(page)) => {
            let rows: Vec<String> = page.rows.iter().take(6).map(|(table, row)| short(table, row)).collect();
            format!(
                "{id}: page of {} rows {} more={} cursor {}",
                page.rows.len(),
                rows.join(", "),
                page.has_more,
                page.cursor
            )
        }
        Ok(Reply::Push(reply)) => {
            use tunetrees::store::outbox::OpResult;
            let one = |result: &OpResult| match result {
                OpResult::Applied { op, row } => format!("{op} applied v{}", row["sync_version"]),
                OpResult::Conflict { op, row: Some(row) } => format!("{op} conflict v{}", row["sync_version"]),
                OpResult::Conflict { op, row: None } => format!("{op} gone"),
                OpResult::Refused { op, code, .. } => format!("{op} refused {code}"),
            };
            format!("{id}: {}", reply.results.iter().map(one).collect::<Vec<_>>().join(", "))
        }
    }
}

pub fn short(table: &str, row: &tunetrees::store::Row) -> String {
    let id = row.get("id").and_then(|id| id.as_str()).unwrap_or("?");
    format!(
        "{table} …{} v{}",
        &id[id.len().saturating_sub(6)..],
        row.get("sync_version").map_or("?".into(), ToString::to_string)
    )
}
