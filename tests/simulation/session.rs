//! Sessions: their renewal, their end, somebody else's.

use std::collections::BTreeSet;

use tunetrees::domain::ids::UserId;
use tunetrees::sync::engine::{Event, SessionInfo};
use uuid::Uuid;

use crate::device::SessionState;
use crate::happening::Happening;
use crate::plan::{MINUTE, SECOND};
use crate::world::World;

/// A refresh token: of which sign-in, and the how-manieth.
#[derive(Clone, Copy, Default)]
pub struct RefreshToken {
    family: usize,
    generation: u64,
}

/// What the auth server knows of the tokens of each sign-in.
#[derive(Default)]
pub struct Families {
    newest: Vec<u64>,
    /// Those that two devices hold tokens of.
    copied: BTreeSet<usize>,
}

impl Families {
    /// Somebody signs in.
    pub fn begin(&mut self) -> RefreshToken {
        self.newest.push(0);
        RefreshToken { family: self.newest.len() - 1, generation: 0 }
    }

    /// The token for which that one is exchanged, if it may still be used.
    fn renewed(&mut self, token: RefreshToken) -> Option<RefreshToken> {
        let newest = &mut self.newest[token.family];
        if token.generation == *newest {
            *newest += 1;
        }
        (token.generation + 1 == *newest).then_some(RefreshToken { generation: *newest, ..token })
    }

    /// Two devices hold it from now on.
    pub fn copy(&mut self, token: RefreshToken) {
        self.copied.insert(token.family);
    }

    pub fn is_copied(&self, token: RefreshToken) -> bool {
        self.copied.contains(&token.family)
    }
}

/// What comes of a renewal.
#[derive(Clone, Copy)]
pub enum Renewal {
    NoAnswer,
    Given(RefreshToken),
    Ended,
}

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
        // What is lost is the answer: the token has been used.
        let given = if away { Renewal::NoAnswer } else { self.use_token(device) };
        let renewal = if works { given } else { Renewal::NoAnswer };
        let of = self.devices[device].refresh_token.family;
        self.after(pause, Happening::Refreshed { device, life, of, renewal });
    }

    /// The auth server is shown a refresh token. It takes each once, and the one before the newest again, since an answer may have been lost; an
    /// older one somebody else must have, and the session is over for whoever holds a token of it.
    fn use_token(&mut self, device: usize) -> Renewal {
        let token = self.devices[device].refresh_token;
        if let Some(token) = self.families.renewed(token) {
            return Renewal::Given(token);
        }
        self.tally.reused += 1;
        self.trace.note(self.now, Some(device), "reused", &[], String::new);
        for other in 0..self.devices.len() {
            let here = &self.devices[other];
            if here.refresh_token.family == token.family && here.session == SessionState::Own {
                let long = self.chance.between(SECOND, 4 * MINUTE);
                self.devices[other].revoked_until = self.now + long;
                self.after(long, Happening::SignIn { device: other });
            }
        }
        Renewal::Ended
    }

    /// What came of that.
    pub fn refreshed(&mut self, device: usize, of: usize, renewal: Renewal) {
        let (now, duration) = (self.now, self.plan.token);
        let here = &mut self.devices[device];
        // Who has signed in since has another driver, which hears nothing of it.
        if here.session != SessionState::Own || here.refresh_token.family != of {
            return;
        }
        let event = match renewal {
            Renewal::NoAnswer => Event::RefreshFailed { ended: false, message: "no answer".to_owned() },
            Renewal::Given(token) if now >= here.revoked_until => {
                here.refresh_token = token;
                here.token_until = now + duration;
                here.expires_at = here.clock(now).plus_micros(duration);
                Event::SessionRefreshed(here.info())
            }
            _ => {
                here.session = SessionState::Ended;
                Event::RefreshFailed { ended: true, message: "over".to_owned() }
            }
        };
        self.tell(device, event);
    }

    pub fn sign_in(&mut self, device: usize) {
        let (now, token) = (self.now, self.plan.token);
        let here = &mut self.devices[device];
        here.session = SessionState::Own;
        here.revoked_until = 0;
        here.refresh_token = self.families.begin();
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
