//! The world: true time, what happens next, devices and their tabs. `network.rs`: calls and answers; `faults.rs`: what goes wrong when.

use std::collections::{BTreeMap, BTreeSet};

use tunetrees::domain::ids::{DeviceId, UserId};
use tunetrees::domain::time::Timestamp;
use tunetrees::store::Store;
use tunetrees::store::schema::Table;
use tunetrees::sync::engine::{Effect, Event};
use tunetrees::sync::strategy::Strategy;
use uuid::Uuid;

use crate::chance::Chance;
use crate::device::{Device, START, SessionState, Tab};
use crate::disk::Templates;
use crate::fragile::Fragile;
use crate::happening::{Happening, describe, label};
use crate::model::{ModelServer, Snapshot};
use crate::oracle::Oracle;
use crate::plan::{MINUTE, Plan, SECOND};
use crate::session::Families;
use crate::tally::Tally;
use crate::trace::Trace;

pub struct World<'a> {
    pub plan: Plan,
    pub chance: Chance,
    pub trace: Trace,
    pub tally: Tally,
    /// True time in µs since the start.
    pub now: i64,
    pub server: ModelServer,
    pub devices: Vec<Device>,
    pub oracle: Oracle,
    pub templates: &'a Templates,
    happenings: BTreeMap<(i64, u64), Happening>,
    serial: u64,
    lives: u64,
    /// Are faults still happening?
    pub faults: bool,
    /// All is over: nothing may be pushed or changed any more.
    pub idle: bool,
    /// Nothing may be pushed any more.
    pub all_sent: bool,
    pub server_down_until: i64,
    /// What the auth server knows of refresh tokens.
    pub families: Families,
    pub backup: Option<Snapshot>,
    pub restored_at: Option<i64>,
    pub epochs: u32,
    /// The table of which the restored server had no column.
    pub lacking: Option<Table>,
    /// Rows whose tombstones the server has purged, and when it last did.
    pub purged: BTreeMap<(Table, String), i64>,
    /// The last time that a device met a fault.
    pub last_fault: i64,
    /// The last time that something was pushed or changed.
    pub last_stir: i64,
    pub broken: Option<String>,
    /// Rows of which the project's owner has changed who sees them.
    pub sighted: BTreeSet<(Table, String)>,
    pub seen: crate::monotone::Seen,
    pub watched: crate::watch::Watched,
}

/// The people of the simulation.
pub fn people() -> Vec<UserId> {
    (1..=2).map(|n| UserId(Uuid::from_u128(0x00a0_0000_0000_4000_8000_0000_0000_0000 + n))).collect()
}

impl<'a> World<'a> {
    pub fn new(seed: u64, plan: Plan, chance: Chance, templates: &'a Templates, readable: bool) -> World<'a> {
        tunetrees::domain::ids::repeat_ids(seed);
        let mut world = World {
            chance,
            trace: Trace::new(readable),
            tally: Tally::default(),
            now: 0,
            server: ModelServer::new("epoch 0"),
            devices: Vec::new(),
            oracle: Oracle::default(),
            templates,
            happenings: BTreeMap::new(),
            serial: 0,
            lives: 0,
            faults: true,
            idle: false,
            all_sent: false,
            server_down_until: 0,
            families: Families::default(),
            backup: None,
            restored_at: None,
            epochs: 0,
            lacking: None,
            purged: BTreeMap::new(),
            last_fault: 0,
            last_stir: 0,
            broken: None,
            sighted: BTreeSet::new(),
            seen: crate::monotone::Seen::default(),
            watched: crate::watch::Watched::default(),
            plan,
        };
        crate::people::furnish(&mut world.server);
        // Some servers give little at a time. (From a chance of its own: it must not turn the rest of the history.)
        let mut pages = Chance::new(!seed);
        if pages.happens(0.4) {
            world.server.set_most_rows(pages.between(2, 40));
        }
        let people = people();
        for person in people.iter().take(world.plan.people) {
            world.server.add_user(*person, Timestamp::from_micros(START - MINUTE));
        }
        for device in 0..world.plan.devices {
            let user = people[device % world.plan.people];
            let id = world.new_device_id();
            let mut store = templates.open(user, id);
            store.await_first_pull(Timestamp::from_micros(START)).unwrap();
            world.set_strategy(device, &mut store);
            world.tally.short_tokens += u64::from(world.plan.token < 100 * SECOND);
            world.tally.newest_rows += u64::from(world.plan.strategies[device] == Strategy::NewestRow);
            let mut device_state = Device::new(user, id, store, world.plan.skews[device]);
            device_state.token_until = world.plan.token;
            device_state.refresh_token = world.families.begin();
            device_state.expires_at = device_state.clock(world.plan.token);
            device_state.pages = (world.plan.tabs[device] > 1).then(Default::default);
            world.devices.push(device_state);
            let at = world.chance.between(0, 3 * SECOND);
            world.at(at, Happening::Open { device });
        }
        for (at, trouble) in world.plan.troubles.clone() {
            world.at(at, Happening::Trouble(trouble));
        }
        let mut planned = 0;
        while planned < world.plan.operations {
            let device = world.chance.below(world.plan.devices);
            let mut at = world.chance.between(4 * SECOND, world.plan.span);
            for _ in 0..world.chance.between(1, 10) {
                world.at(at, Happening::Operation { device });
                at += world.chance.between(1000, 2 * SECOND);
                planned += 1;
            }
        }
        world
    }

    pub fn new_device_id(&mut self) -> DeviceId {
        let bits = u128::from(self.chance.bits()) << 64 | u128::from(self.chance.bits());
        DeviceId(uuid::Builder::from_random_bytes(bits.to_be_bytes()).into_uuid())
    }

    pub fn at(&mut self, at: i64, happening: Happening) {
        self.serial += 1;
        self.happenings.insert((at.max(self.now), self.serial), happening);
    }

    pub fn after(&mut self, pause: i64, happening: Happening) {
        self.at(self.now + pause, happening);
    }

    /// A demand is not met.
    pub fn fail(&mut self, what: String) {
        if self.broken.is_none() {
            self.trace.note(self.now, None, "BROKEN", &[], || what.clone());
            self.broken = Some(what);
        }
    }

    /// Lets time pass.
    pub fn run_until(&mut self, end: i64) {
        while self.broken.is_none() {
            let Some(entry) = self.happenings.first_entry() else { break };
            if entry.key().0 > end {
                break;
            }
            self.now = entry.key().0;
            let happening = entry.remove();
            if let Some(device) = happening.device() {
                let here = &mut self.devices[device];
                if self.now < here.asleep_until {
                    here.missed.push(happening);
                    continue;
                }
                if here.is_hung() && !matches!(happening, Happening::Page { .. } | Happening::RoomAgain { .. }) {
                    here.pages.as_mut().unwrap().unheard.push(happening);
                    continue;
                }
            }
            self.step(happening);
            self.watch();
        }
        self.now = self.now.max(end);
    }

    fn step(&mut self, happening: Happening) {
        match happening {
            Happening::Operation { device } => crate::people::operate(self, device),
            Happening::Wake { device, life, wake } => {
                let current = |tab: &Tab| tab.life == life && tab.wake == wake;
                if self.devices[device].tab.as_ref().is_some_and(current) {
                    self.tell(device, Event::Woken);
                }
            }
            Happening::GoOn { device, life } => self.goes_on(device, life),
            Happening::Arrive(call) => self.arrive(*call),
            Happening::Commit(call, hold) => self.execute(&call, Some(hold)),
            Happening::Reply { device, life, id, result } => {
                if self.lives_on(device, life) {
                    self.answered(device, id, *result);
                }
            }
            Happening::Refreshed { device, life, of, renewal } => {
                if self.lives_on(device, life) {
                    self.refreshed(device, of, renewal);
                }
            }
            Happening::BellUp { device, bell } => self.bell_up(device, bell),
            Happening::BellDown { device, bell } => self.bell_down(device, bell),
            Happening::Ring { device, bell } => {
                let listener = &self.devices[device];
                if listener.bell == bell && listener.bell_up && !listener.is_cut_off(self.now) {
                    self.tell(device, Event::DoorbellRang);
                }
            }
            Happening::Open { device } => self.open(device),
            Happening::SignIn { device } => self.sign_in(device),
            Happening::Thaw { device } => self.thaw(device),
            Happening::AppIsNewEnough => self.server.set_min_schema(0),
            Happening::Front { device } => self.front(device),
            Happening::WakeUp { device } => self.wake_up(device),
            Happening::BackOnline { device } => {
                if !self.devices[device].is_cut_off(self.now) && !self.devices[device].online {
                    self.devices[device].online = true;
                    self.tell(device, Event::Online(true));
                }
            }
            Happening::RoomAgain { device } => self.room_again(device),
            Happening::Page { device, what } => self.page_event(device, what),
            Happening::Trouble(trouble) => self.trouble(trouble),
        }
    }

    pub fn lives_on(&self, device: usize, life: u64) -> bool {
        self.devices[device].tab.as_ref().is_some_and(|tab| tab.life == life)
    }

    /// A tab opens the database: the first one, or another after the owner has gone.
    pub fn open(&mut self, device: usize) {
        match self.devices[device].pages {
            None => self.open_database(device),
            Some(_) => self.open_pages(device),
        }
    }

    /// The database is opened, if it is not.
    pub fn open_database(&mut self, device: usize) {
        let now = self.now;
        let here = &mut self.devices[device];
        if here.tab.is_some() || now < here.closed_until {
            return;
        }
        self.let_open(device);
        let here = &mut self.devices[device];
        let conn = here.disk.take().unwrap().into_connection();
        here.disk = Some(Store::open(conn, here.identity()).unwrap());
        self.limit_again(device);
        let here = &mut self.devices[device];
        self.lives += 1;
        here.tab = Some(Tab::new(self.lives));
        self.trace.note(now, Some(device), "opens", &[], String::new);
        self.take_over(device);
    }

    /// The device's tab comes to own the database, and hears how things are.
    pub fn take_over(&mut self, device: usize) {
        let here = &self.devices[device];
        let (session, online, info) = (here.session, here.online, here.info());
        match session {
            SessionState::Own => self.tell(device, Event::Session(Some(info))),
            SessionState::Ended => {
                self.tell(device, Event::RefreshFailed { ended: true, message: "over".to_owned() });
            }
            SessionState::Other => {}
        }
        self.devices[device].visible = true;
        self.devices[device].throttled_until = 0;
        self.tell(device, Event::LockGained);
        if !online {
            self.tell(device, Event::Online(false));
        }
    }

    /// The owner is gone, whatever it was doing.
    pub fn tab_dies(&mut self, device: usize) {
        let here = &mut self.devices[device];
        here.fuse.dead = false;
        here.fuse.dies_at = None;
        here.bell += 1;
        here.bell_up = false;
        let several = here.pages.is_some();
        if here.tab.take().is_none() && !several {
            return;
        }
        self.tally.kills += 1;
        self.last_fault = self.last_fault.max(self.now);
        self.trace.note(self.now, Some(device), "dies", &[], String::new);
        if several {
            return self.owner_killed(device);
        }
        let pause = self.chance.between(10_000, 3 * SECOND);
        self.after(pause, Happening::Open { device });
    }

    /// Tells the engine of the device's owner tab, and does what it says.
    pub fn tell(&mut self, device: usize, event: Event) {
        let clock = self.devices[device].clock(self.now);
        let dies = self.faults && self.chance.happens(self.plan.kill);
        let here = &mut self.devices[device];
        if here.is_hung() {
            return;
        }
        let Some(tab) = &mut here.tab else { return };
        if dies {
            here.fuse.dies_at = Some(here.fuse.calls + 1 + self.chance.below(6) as u64);
            here.fuse.after = self.chance.happens(0.5);
        }
        let label = label(&event);
        self.trace.note(self.now, Some(device), label, &[here.skew], || describe(&event));
        let mut store = Fragile { store: here.disk.as_mut().unwrap(), fuse: &mut here.fuse };
        let effects = tab.engine.handle(event, &mut store, clock, &mut self.chance);
        self.note_full(device);
        let mut woken = false;
        for effect in effects {
            if self.devices[device].fuse.dead {
                break;
            }
            woken |= matches!(effect, Effect::WakeAt(_));
            if label == "lock lost" && matches!(effect, Effect::Send { .. }) {
                self.fail(format!("device {device}: a call although another tab owns the database"));
            }
            self.perform(device, clock, effect);
        }
        if self.devices[device].fuse.dead {
            self.tab_dies(device);
        } else if !woken && label != "lock lost" && self.devices[device].tab.is_some() {
            self.fail(format!("device {device}: nothing is scheduled after {label}"));
        }
    }

    fn perform(&mut self, device: usize, clock: Timestamp, effect: Effect) {
        match effect {
            Effect::WakeAt(at) => {
                let mut pause = at.micros() - clock.micros();
                if !(1..=301 * SECOND).contains(&pause) {
                    self.fail(format!("device {device}: the next look is in {pause} µs"));
                }
                let here = &mut self.devices[device];
                if self.now < here.throttled_until {
                    pause = (pause / MINUTE + 1) * MINUTE;
                }
                let Some(tab) = &mut here.tab else { return };
                tab.wake += 1;
                let (life, wake) = (tab.life, tab.wake);
                self.after(pause, Happening::Wake { device, life, wake });
            }
            Effect::GiveWay => self.gives_way(device),
            Effect::Send { id, request } => {
                if !self.devices[device].fuse.lets_go() {
                    return;
                }
                self.send(device, id, request);
            }
            Effect::OpenDoorbell(_) => {
                let here = &mut self.devices[device];
                here.bell += 1;
                here.bell_up = false;
                let bell = here.bell;
                let pause = self.chance.between(30_000, 800_000);
                self.after(pause, Happening::BellUp { device, bell });
            }
            Effect::CloseDoorbell => {
                let here = &mut self.devices[device];
                here.bell += 1;
                here.bell_up = false;
            }
            Effect::RefreshSession => {
                let fuse = &mut self.devices[device].fuse;
                fuse.renewals += 1;
                if fuse.lets_go() {
                    self.refresh(device);
                }
            }
            Effect::Status(status) => {
                let text = || format!("{:?}, {} pending, {} refused", status.phase, status.pending, status.refused);
                let numbers = [status.phase as i64, i64::from(status.pending), i64::from(status.refused)];
                self.trace.note(self.now, Some(device), "shows", &numbers, text);
            }
            Effect::Changed(tables) => self.published(device, &tables),
        }
    }

    /// The interface is told of changes: what it reads now must be whole.
    fn published(&mut self, device: usize, tables: &[Table]) {
        self.last_stir = self.now;
        self.tally.published += 1;
        self.trace.note(self.now, Some(device), "changed", &[tables.len() as i64], || format!("{tables:?}"));
        if self.idle {
            self.fail(format!("device {device}: {tables:?} changed although nobody did anything"));
        }
        // Who is signed out in the middle of a pull sees what has come until then.
        let is_own = self.devices[device].session == SessionState::Own;
        if is_own && let Some(dangling) = crate::verdict::dangling(self, device) {
            self.fail(format!("device {device}: published with a dangling reference: {dangling}"));
        }
        if let Some(what) = crate::monotone::gone_back(self, device, tables) {
            self.fail(format!("device {device}: went back in time: {what}"));
        }
    }

    /// The app comes to the front, if its time at the back is over.
    pub fn front(&mut self, device: usize) {
        let here = &mut self.devices[device];
        if self.now >= here.throttled_until && !std::mem::replace(&mut here.visible, true) {
            self.tell(device, Event::Visible(true));
        }
    }

    /// What a sleeping machine has missed happens now, all at once.
    pub fn wake_up(&mut self, device: usize) {
        if self.now >= self.devices[device].asleep_until {
            for happening in std::mem::take(&mut self.devices[device].missed) {
                self.after(0, happening);
            }
        }
    }

    /// Happenings of a kind that are still to come are forgotten.
    pub fn call_off(&mut self, which: impl Fn(&Happening) -> bool) {
        self.happenings.retain(|_, happening| !which(happening));
    }
}
