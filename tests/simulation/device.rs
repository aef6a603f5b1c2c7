//! A device: a disk that lasts, tabs that come and go (one owns the disk and runs the engine), a clock, a network, a doorbell, a session.

use tunetrees::domain::ids::{DeviceId, UserId};
use tunetrees::domain::time::Timestamp;
use tunetrees::store::{Identity, Store};
use tunetrees::sync::engine::{Engine, SessionInfo};

use crate::fragile::Fuse;
use crate::happening::Happening;
use crate::pages::Pages;
use crate::plan::SECOND;
use crate::session::RefreshToken;

/// The first moment of every simulation.
pub const START: i64 = 1_790_000_000_000_000;

/// The tab that owns the database.
pub struct Tab {
    pub engine: Engine,
    /// Which one: what was meant for an earlier tab reaches nobody.
    pub life: u64,
    pub wake: u64,
}

impl Tab {
    /// Pages are short here, and so are the parts in which they are stored.
    pub fn new(life: u64) -> Tab {
        Tab { engine: Engine::in_parts_of(2 + life as usize % 7), life, wake: 0 }
    }
}

#[derive(Clone, Copy, PartialEq)]
pub enum SessionState {
    /// As the owner of the database.
    Own,
    /// Somebody else is signed in: not this app's business.
    Other,
    /// Ended by the server's word.
    Ended,
}

pub struct Device {
    pub user: UserId,
    pub id: DeviceId,
    pub disk: Option<Store>,
    /// Counts the databases this device has had.
    pub disks: u32,
    pub tab: Option<Tab>,
    /// All its tabs, where there are several; the owner's engine is `tab`.
    pub pages: Option<Pages>,
    /// Its disk is full.
    pub full: bool,
    /// The tab that owned it before, frozen.
    pub frozen: Option<Tab>,
    pub fuse: Fuse,
    /// What its clock shows minus the true time.
    pub skew: i64,
    pub asleep_until: i64,
    /// What it did not notice while asleep.
    pub missed: Vec<Happening>,
    pub throttled_until: i64,
    pub visible: bool,
    pub closed_until: i64,
    pub outage_until: i64,
    pub portal_until: i64,
    /// The browser says that there is a network.
    pub online: bool,
    pub session: SessionState,
    /// The server takes the token until then (true time).
    pub token_until: i64,
    /// The device believes so (its own clock).
    pub expires_at: Timestamp,
    /// What it renews its session with.
    pub refresh_token: RefreshToken,
    /// The server has ended the session, until the person signs in again.
    pub revoked_until: i64,
    pub bell: u64,
    pub bell_up: bool,
    /// A call was refused as a misfit: the engine may rest until then.
    pub misfit_until: i64,
    /// Requests sent, for the outage figure.
    pub requests: u64,
    pub pulls_answered: u64,
    /// Calls within the present ten seconds.
    pub storm: (i64, u32),
}

impl Device {
    pub fn new(user: UserId, id: DeviceId, disk: Store, skew: i64) -> Device {
        Device {
            user,
            id,
            disk: Some(disk),
            disks: 1,
            tab: None,
            pages: None,
            full: false,
            frozen: None,
            fuse: Fuse::default(),
            skew,
            asleep_until: 0,
            missed: Vec::new(),
            throttled_until: 0,
            visible: true,
            closed_until: 0,
            outage_until: 0,
            portal_until: 0,
            online: true,
            session: SessionState::Own,
            token_until: 0,
            expires_at: Timestamp::from_micros(0),
            refresh_token: RefreshToken::default(),
            revoked_until: 0,
            bell: 0,
            bell_up: false,
            misfit_until: 0,
            requests: 0,
            pulls_answered: 0,
            storm: (0, 0),
        }
    }

    /// What its clock shows at that true time.
    pub fn clock(&self, now: i64) -> Timestamp {
        Timestamp::from_micros(START + now + self.skew)
    }

    pub fn identity(&self) -> Identity {
        Identity { user: self.user, device: self.id }
    }

    pub fn store(&self) -> &Store {
        self.disk.as_ref().unwrap()
    }

    pub fn info(&self) -> SessionInfo {
        SessionInfo { user: self.user, expires_at: self.expires_at }
    }

    /// Counts a call; true if there are too many of them.
    pub fn is_storm(&mut self, now: i64) -> bool {
        let window = now / (10 * SECOND);
        self.storm = if self.storm.0 == window { (window, self.storm.1 + 1) } else { (window, 1) };
        self.storm.1 > 300
    }

    /// Does the tab that owns the database stand still?
    pub fn is_hung(&self) -> bool {
        self.pages.as_ref().is_some_and(Pages::is_hung)
    }

    pub fn is_cut_off(&self, now: i64) -> bool {
        now < self.outage_until
    }

    pub fn is_in_portal(&self, now: i64) -> bool {
        now < self.portal_until
    }
}

impl Drop for Device {
    fn drop(&mut self) {
        if let Some(store) = self.disk.take() {
            crate::disk::give_back(store);
        }
    }
}
