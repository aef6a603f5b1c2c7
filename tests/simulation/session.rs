//! Sessions: their renewal, their end, somebody else's.

use tunetrees::domain::ids::UserId;
use tunetrees::sync::engine::{Event, SessionInfo};
use uuid::Uuid;

use crate::device::SessionState;
use crate::happening::Happening;
use crate::plan::SECOND;
use crate::world::World;

impl World<'_> {
    /// The engine wants its session renewed.
    pub fn refresh(&mut self, device: usize) {
        self.tally.refreshes += 1;
        if self.devices[device].is_storm(self.now) {
            return self.fail(format!("device {device}: a storm of renewals"));
        }
        let here = &self.devices[device];
        let life = here.tab.as_ref().map_or(0, |tab| tab.life);
        let away = here.is_cut_off(self.now) || here.is_in_portal(self.now) || self.now < self.server_down_until;
        let lost = self.faults && self.chance.happens(self.plan.lost_refresh);
        let works = !away && !lost;
        let pause = if works || self.chance.happens(0.5) { self.chance.between(5_000, 400_000) } else { 20 * SECOND };
        if !works {
            self.last_fault = self.last_fault.max(self.now + pause);
        }
        self.after(pause, Happening::Refreshed { device, life, works });
    }

    /// What came of that.
    pub fn refreshed(&mut self, device: usize, works: bool) {
        let (now, token) = (self.now, self.plan.token);
        let here = &mut self.devices[device];
        if here.session != SessionState::Own {
            return;
        }
        let event = if !works {
            Event::RefreshFailed { ended: false, message: "no answer".to_owned() }
        } else if now < here.revoked_until {
            here.session = SessionState::Ended;
            Event::RefreshFailed { ended: true, message: "over".to_owned() }
        } else {
            here.token_until = now + token;
            here.expires_at = here.clock(now).plus_micros(token);
            Event::SessionRefreshed(here.info())
        };
        self.tell(device, event);
    }

    pub fn sign_in(&mut self, device: usize) {
        let (now, token) = (self.now, self.plan.token);
        let here = &mut self.devices[device];
        here.session = SessionState::Own;
        here.revoked_until = 0;
        here.token_until = now + token;
        here.expires_at = here.clock(now).plus_micros(token);
        let info = here.info();
        self.tell(device, Event::Session(Some(info)));
    }

    /// Somebody else signs in where this database is open.
    pub fn other_session(&mut self, device: usize) {
        let here = &mut self.devices[device];
        here.session = SessionState::Other;
        let other = UserId(Uuid::from_u128(0xbad));
        let expires_at = here.clock(self.now).plus_micros(self.plan.token);
        self.tell(device, Event::Session(Some(SessionInfo { user: other, expires_at })));
    }
}
