//! The engine with a real store, in a world played by the test: time, chance, answers.

#![allow(clippy::unwrap_used, dead_code)]

use std::time::Duration;

use rusqlite::Connection;
use serde_json::Value;
use tunetrees::domain::ids::{DeviceId, UserId};
use tunetrees::domain::time::Timestamp;
use tunetrees::row;
use tunetrees::store::apply::Page;
use tunetrees::store::outbox::OpResult;
use tunetrees::store::schema::Table;
use tunetrees::store::{Identity, Store};
use tunetrees::sync::backoff::Dice;
use tunetrees::sync::engine::{Effect, Engine, Event, SessionInfo};
use tunetrees::sync::failure::RemoteError;
use tunetrees::sync::lane::RequestId;
use tunetrees::sync::status::{SyncPhase, SyncStatus};
use tunetrees::sync::wire::{PushReply, Reply, Request};
use uuid::Uuid;

pub const ME: UserId = UserId(Uuid::from_u128(1));

pub struct Always(pub f64);
impl Dice for Always {
    fn roll(&mut self) -> f64 {
        self.0
    }
}

pub struct World {
    pub engine: Engine,
    pub store: Store,
    pub now: Timestamp,
    pub sent: Vec<(RequestId, Request)>,
    pub refreshes: u32,
    pub status: Option<SyncStatus>,
    pub changed: Vec<Vec<Table>>,
    pub doorbell: Vec<bool>,
    /// What the dice always show.
    pub roll: f64,
    /// Of a page only the first part is taken, until [`Event::GoOn`] is told.
    pub in_hand: bool,
}

impl World {
    pub fn new() -> World {
        let identity = Identity { user: ME, device: DeviceId(Uuid::from_u128(5)) };
        World {
            engine: Engine::new(),
            store: Store::open(Connection::open_in_memory().unwrap(), identity).unwrap(),
            now: Timestamp::from_micros(1_790_000_000_000_000),
            sent: Vec::new(),
            refreshes: 0,
            status: None,
            changed: Vec::new(),
            doorbell: Vec::new(),
            roll: 0.999,
            in_hand: false,
        }
    }

    /// Signed in, first pull answered, nothing to do.
    pub fn at_rest() -> World {
        let mut world = World::new();
        world.tell(Event::LockGained);
        world.sent.clear();
        world.tell(Event::Session(Some(SessionInfo { user: ME, expires_at: world.now.plus_micros(3_600_000_000) })));
        world.answer_pull(&[]);
        assert_eq!(world.phase(), SyncPhase::Synced);
        world.sent.clear();
        world.changed.clear();
        world
    }

    pub fn tell(&mut self, event: Event) {
        let effects = self.engine.handle(event, &mut self.store, self.now, &mut Always(self.roll));
        let (mut woken, mut goes_on) = (false, false);
        for effect in effects {
            match effect {
                Effect::Send { id, request } => self.sent.push((id, request)),
                Effect::WakeAt(at) => {
                    assert!(at > self.now, "a wake-up in the past would spin");
                    woken = true;
                }
                Effect::GiveWay => goes_on = true,
                Effect::OpenDoorbell(_) => self.doorbell.push(true),
                Effect::CloseDoorbell => self.doorbell.push(false),
                Effect::RefreshSession => self.refreshes += 1,
                Effect::Status(status) => self.status = Some(status),
                Effect::Changed(tables) => self.changed.push(tables),
            }
        }
        assert!(woken, "the watchdog: something is always scheduled");
        if goes_on && !self.in_hand {
            self.tell(Event::GoOn { asked: false });
        }
    }

    /// Lets time pass, waking the engine when it asked to be.
    pub fn pass(&mut self, time: Duration) {
        let end = self.now.plus_micros(time.as_micros() as i64);
        while let Some(at) = self.engine.wake_at().filter(|at| *at <= end) {
            self.now = at;
            self.tell(Event::Woken);
        }
        self.now = end;
    }

    pub fn edit(&mut self, title: &str) {
        let now = self.now;
        self.store
            .edit(now, |edit| {
                let id = edit.new_id().to_string();
                edit.insert(Table::Tune, row! { "id": id, "title": title, "private_for": ME.to_string() })
            })
            .unwrap();
        self.tell(Event::LocalEdit);
    }

    pub fn phase(&self) -> SyncPhase {
        self.status.as_ref().unwrap().phase
    }

    pub fn take(&mut self, push: bool) -> (RequestId, Request) {
        let at = self.sent.iter().position(|(_, request)| matches!(request, Request::Push { .. }) == push);
        self.sent.remove(at.expect("such a call was made"))
    }

    pub fn answer_pull(&mut self, rows: &[(&str, tunetrees::store::Row)]) {
        let (request, _) = self.take(false);
        let rows = rows.iter().map(|(name, row)| ((*name).to_owned(), row.clone())).collect();
        let page = Page { rows, cursor: "c".into(), has_more: false, epoch: "e".into(), ..Page::default() };
        self.tell(Event::Replied { request, result: Ok(Reply::Pull(page)) });
    }

    pub fn answer_page(&mut self, has_more: bool) {
        let (request, _) = self.take(false);
        let page = Page { rows: Vec::new(), cursor: "c".into(), has_more, epoch: "e".into(), ..Page::default() };
        self.tell(Event::Replied { request, result: Ok(Reply::Pull(page)) });
    }

    pub fn answer_push(&mut self) {
        let (request, Request::Push { ops, .. }) = self.take(true) else { unreachable!() };
        let applied = |op: tunetrees::store::outbox::Op| {
            let mut row = op.row;
            row.insert("sync_version".to_owned(), Value::from(op.base + 1));
            OpResult::Applied { op: op.op, row }
        };
        let results = ops.into_iter().map(applied).collect();
        self.tell(Event::Replied { request, result: Ok(Reply::Push(PushReply { results, ..PushReply::default() })) });
    }

    pub fn fail(&mut self, push: bool, error: RemoteError) {
        let (request, _) = self.take(push);
        self.tell(Event::Replied { request, result: Err(error) });
    }
}

pub fn status(status: u16, code: &str) -> RemoteError {
    let code = (!code.is_empty()).then(|| code.to_owned());
    RemoteError::Status { status, code, message: "no".into(), retry_after: None }
}

pub const SECOND: Duration = Duration::from_secs(1);
