//! Faults with a place and a time, and their end.

use tunetrees::domain::ids::DeviceId;
use tunetrees::domain::time::Timestamp;
use tunetrees::store::Store;
use tunetrees::store::schema::Table;
use tunetrees::sync::engine::Event;

use crate::device::{START, SessionState};
use crate::happening::Happening;
use crate::plan::{MINUTE, SECOND, Trouble};
use crate::world::World;

impl World<'_> {
    pub fn trouble(&mut self, trouble: Trouble) {
        let now = self.now;
        self.trace.note(now, None, "trouble", &[], || format!("{trouble:?}"));
        self.last_fault = self.last_fault.max(now);
        match trouble {
            Trouble::Outage { device, long, said } => {
                self.tally.outages += 1;
                self.devices[device].outage_until = now + long;
                let bell = self.devices[device].bell;
                let noticed = self.chance.between(0, 35 * SECOND);
                self.after(noticed, Happening::BellDown { device, bell });
                if said {
                    self.devices[device].online = false;
                    self.tell(device, Event::Online(false));
                    let late = self.chance.between(1000, 5 * SECOND);
                    self.after(long + late, Happening::BackOnline { device });
                }
            }
            Trouble::Portal { device, long } => {
                self.tally.outages += 1;
                self.devices[device].portal_until = now + long;
            }
            Trouble::ServerDown { long } => {
                self.tally.outages += 1;
                self.server_down_until = now + long;
                for device in 0..self.devices.len() {
                    let bell = self.devices[device].bell;
                    let noticed = self.chance.between(0, 35 * SECOND);
                    self.after(noticed, Happening::BellDown { device, bell });
                }
            }
            Trouble::ClockJump { device, by } => {
                self.tally.jumps += 1;
                let here = &mut self.devices[device];
                // A clock that is off by years in all is no clock.
                here.skew = (here.skew + by).clamp(-400 * crate::plan::DAY, 400 * crate::plan::DAY);
            }
            Trouble::Sleep { device, long } => {
                self.tally.sleeps += 1;
                self.devices[device].asleep_until = now + long;
                self.after(long, Happening::WakeUp { device });
            }
            Trouble::Throttle { device, long } => {
                self.tally.sleeps += 1;
                self.devices[device].throttled_until = now + long;
                self.devices[device].visible = false;
                self.after(long, Happening::Front { device });
                self.tell(device, Event::Visible(false));
            }
            Trouble::KillTab { device } => {
                if !self.follower_dies(device) {
                    self.tab_dies(device);
                }
            }
            Trouble::Stolen { device, long } if self.devices[device].pages.is_some() => self.owner_stops(device, long),
            Trouble::Stolen { device, long } => self.steal(device, long),
            Trouble::OldApp { long } => {
                self.tally.outdated += 1;
                self.server.set_min_schema(i64::MAX);
                self.after(long, Happening::AppIsNewEnough);
            }
            Trouble::Close { device, long } => {
                self.tally.closed += 1;
                self.tab_dies(device);
                self.close_pages(device);
                self.devices[device].closed_until = now + long;
                self.after(long, Happening::Open { device });
            }
            Trouble::Evict { device } => self.evict(device),
            Trouble::FullDisk { device, long } => self.disk_fills(device, long),
            Trouble::Damage { device } => self.damage(device),
            Trouble::Upgrade { device } => self.upgrade(device),
            Trouble::Sight => self.change_sight(),
            Trouble::Backup => self.backup = Some(self.server.snapshot()),
            Trouble::Restore => {
                if let Some(backup) = self.backup.take() {
                    self.tally.restores += 1;
                    self.epochs += 1;
                    self.server.restore(&backup, &format!("epoch {}", self.epochs));
                    self.restored_at = Some(now);
                    if self.plan.old_backup {
                        self.tally.old_backups += 1;
                        let (table, column) = *self.chance.of(&crate::upgrade::YOUNG);
                        self.server.forget_column(table, column);
                        self.lacking = Some(table);
                        self.trace.note(now, None, "lacks", &[], || format!("{table}.{column}"));
                    }
                }
            }
            Trouble::Purge => self.purge(),
            Trouble::BellDown { device } => {
                let bell = self.devices[device].bell;
                self.bell_down(device, bell);
            }
            Trouble::WrongRing { device } => {
                let bell = self.devices[device].bell;
                self.after(1000, Happening::Ring { device, bell });
            }
            Trouble::SessionEnd { device, long } => {
                if self.devices[device].session == SessionState::Own {
                    self.tally.sessions += 1;
                    self.devices[device].revoked_until = now + long;
                    self.after(long, Happening::SignIn { device });
                }
            }
            Trouble::OtherSession { device, long } => {
                if self.devices[device].session == SessionState::Own && !self.devices[device].is_hung() {
                    self.tally.sessions += 1;
                    self.other_session(device);
                    self.after(long, Happening::SignIn { device });
                }
            }
            Trouble::Copied { from, device } => self.copy_profile(from, device),
            Trouble::Flicker { device } => {
                self.tell(device, Event::Online(false));
                self.tell(device, Event::Online(true));
            }
        }
    }

    /// Another tab owns the database from now on; the one that did is frozen, and what it had sent finds nobody.
    fn steal(&mut self, device: usize, long: i64) {
        if self.devices[device].tab.is_none() || self.devices[device].frozen.is_some() {
            return;
        }
        self.tally.stolen += 1;
        self.tell(device, Event::LockLost);
        let here = &mut self.devices[device];
        here.frozen = here.tab.take();
        here.bell += 1;
        here.bell_up = false;
        self.open(device);
        self.after(long, Happening::Thaw { device });
    }

    /// The tab that was frozen owns it again; the other one is closed.
    pub fn thaw(&mut self, device: usize) {
        let here = &mut self.devices[device];
        if here.tab.is_none() {
            here.frozen = None;
        }
        let Some(frozen) = here.frozen.take() else { return };
        here.tab = Some(frozen);
        here.fuse.dies_at = None;
        here.bell += 1;
        here.bell_up = false;
        self.last_fault = self.last_fault.max(self.now);
        self.trace.note(self.now, Some(device), "thaws", &[], String::new);
        // What has happened meanwhile it hears now.
        if self.devices[device].session == SessionState::Other {
            self.other_session(device);
        }
        self.take_over(device);
        self.tell(device, Event::Visible(true));
    }

    /// The browser throws the database away. What was not sent is lost, and counts as that; the app starts anew.
    fn evict(&mut self, device: usize) {
        self.tally.evictions += 1;
        let here = &self.devices[device];
        self.oracle.evicted(device, here.disks, here.store());
        self.new_disk(device);
    }

    /// A new database on the device, which counts as a new device.
    pub fn new_disk(&mut self, device: usize) {
        self.tab_dies(device);
        let id = self.new_device_id();
        let here = &self.devices[device];
        let mut store = self.templates.open(here.user, id);
        store.await_first_pull(here.clock(self.now)).unwrap();
        self.set_strategy(device, &mut store);
        self.take_disk(device, id, store);
    }

    /// From now on the device, whose tabs are gone, is another one, with that database.
    pub fn take_disk(&mut self, device: usize, id: DeviceId, store: Store) {
        let here = &mut self.devices[device];
        here.frozen = None;
        here.full = false;
        here.pages.iter_mut().for_each(|pages| pages.forget_calls());
        here.id = id;
        here.disks += 1;
        if let Some(gone) = here.disk.replace(store) {
            crate::disk::give_back(gone);
        }
    }

    /// The server forgets the tombstones that are older than a few minutes.
    fn purge(&mut self) {
        self.tally.purges += 1;
        let older = Timestamp::from_micros(START + self.now - self.chance.between(0, 3 * MINUTE));
        let tombstones = |world: &Self| -> Vec<(Table, String)> {
            let synced = Table::ALL.into_iter().filter(|table| table.is_synced());
            synced.flat_map(|table| world.server.rows(table).map(move |(id, _)| (table, id.to_owned()))).collect()
        };
        let before = tombstones(self);
        self.server.purge_tombstones(older);
        let gone = before.into_iter().filter(|(table, id)| self.server.row(*table, id).is_none());
        let gone: Vec<_> = gone.collect();
        self.purged.extend(gone.into_iter().map(|row| (row, self.now)));
    }

    /// The faults are over: every device has its network, an open app, a session. Its clock stays as wrong as it is.
    pub fn heal(&mut self) {
        if self.plan.old_backup && self.restored_at.is_some() {
            // What the server refused for want of a column goes with the next start of the app.
            (0..self.devices.len()).for_each(|device| self.tab_dies(device));
        }
        self.faults = false;
        let is_over = |happening: &Happening| {
            matches!(happening, Happening::Trouble(_) | Happening::Operation { .. } | Happening::SignIn { .. })
        };
        self.call_off(is_over);
        let now = self.now;
        self.trace.note(now, None, "healed", &[], String::new);
        self.server_down_until = self.server_down_until.min(now);
        self.server.set_min_schema(0);
        self.server.learn_all();
        self.last_fault = self.last_fault.max(now);
        for device in 0..self.devices.len() {
            let here = &mut self.devices[device];
            // Also of what a sleeping machine has missed.
            here.missed.retain(|happening| !is_over(happening));
            here.pages.iter_mut().for_each(|pages| pages.unheard.retain(|happening| !is_over(happening)));
            for until in [
                &mut here.asleep_until,
                &mut here.closed_until,
                &mut here.outage_until,
                &mut here.portal_until,
                &mut here.revoked_until,
            ] {
                *until = (*until).min(now);
            }
            here.throttled_until = 0;
            here.frozen = None;
            here.fuse.dies_at = None;
            self.room_again(device);
            self.heal_pages(device);
            // (Who shares a refresh token would be signed out some time.)
            let shares = self.families.is_copied(self.devices[device].refresh_token);
            let here = &mut self.devices[device];
            let was_offline = !std::mem::replace(&mut here.online, true);
            let signed_out = here.session != SessionState::Own || shares;
            if here.tab.is_none() {
                here.session = SessionState::Own;
                if signed_out {
                    self.sign_in(device);
                }
                if self.devices[device].pages.is_none() {
                    self.open(device);
                }
                self.wake_up(device);
                continue;
            }
            if signed_out {
                self.sign_in(device);
            }
            if was_offline || self.plan.told_at_the_end {
                self.tell(device, Event::Online(true));
            }
            if self.plan.told_at_the_end {
                self.devices[device].visible = false;
            }
            self.front(device);
            self.wake_up(device);
            if !self.plan.told_at_the_end {
                self.last_fault = self.last_fault.max(self.devices[device].misfit_until);
            }
        }
    }
}
