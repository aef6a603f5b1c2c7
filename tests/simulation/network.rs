//! Calls, answers and the doorbell between devices and the server, with all that can go wrong there.

use std::time::Duration;

use tunetrees::domain::ids::DeviceId;
use tunetrees::domain::time::Timestamp;
use tunetrees::store::sync_state::Reader;
use tunetrees::sync::engine::Event;
use tunetrees::sync::failure::{RemoteError, Verdict, verdict};
use tunetrees::sync::lane::RequestId;
use tunetrees::sync::wire::{Reply, Request};

use crate::device::{START, SessionState};
use crate::happening::{Call, Happening};
use crate::model::Hold;
use crate::plan::SECOND;
use crate::world::World;

/// What a network that wants a sign-in calls its page.
const PORTALS: [u16; 8] = [200, 400, 401, 403, 404, 406, 413, 511];

/// The transport gives up after this.
const TIME_OUT: i64 = 30 * SECOND;

impl World<'_> {
    /// A request leaves the device.
    pub fn send(&mut self, device: usize, id: RequestId, request: Request) {
        let is_push = matches!(request, Request::Push { .. });
        let who = match &request {
            Request::Push { .. } => Some(self.devices[device].user),
            Request::Pull { reader: Reader::Person(user), .. } => Some(*user),
            Request::Pull { reader: Reader::Anonymous, .. } => None,
        };
        self.note_sending(device, id, &request);
        let here = &mut self.devices[device];
        here.requests += 1;
        if here.is_storm(self.now) {
            return self.fail(format!("device {device}: a storm of requests"));
        }
        let life = here.tab.as_ref().map_or(0, |tab| tab.life);
        if who.is_some() && (here.session != SessionState::Own || who != Some(here.user)) {
            self.fail(format!("device {device}: a call in the name of somebody who is not signed in"));
            return;
        }
        if is_push && (self.idle || self.all_sent) {
            self.fail(format!("device {device}: something is pushed although nobody did anything"));
        }
        let here = &self.devices[device];
        let call = Call { device, sender: here.id, life, id, request, who, token_until: here.token_until, mute: false };
        if here.is_in_portal(self.now) {
            let pause = self.chance.between(20_000, 300_000);
            let status = if self.plan.portal_statuses { *self.chance.of(&PORTALS) } else { 200 };
            self.tally.portal_statuses += u64::from(status >= 400);
            let page = RemoteError::NotOurs { status, found: "text/html".to_owned() };
            return self.answer(&call, pause, Err(page), true);
        }
        if here.is_cut_off(self.now) {
            return self.vanish(&call);
        }
        if self.faults && self.chance.happens(self.plan.lost_request) {
            self.tally.lost_requests += 1;
            return self.vanish(&call);
        }
        let mut pause = self.chance.between(2_000, 200_000);
        if self.faults && self.chance.happens(self.plan.late) {
            self.tally.late += 1;
            pause = self.chance.between(SECOND, 100 * SECOND);
            self.last_fault = self.last_fault.max(self.now + pause);
        }
        if pause > TIME_OUT {
            self.answer(&call, TIME_OUT, Err(RemoteError::Timeout(30)), true);
        }
        if self.faults && self.chance.happens(self.plan.twice) {
            self.tally.twice += 1;
            let again = self.chance.between(1_000, 60 * SECOND);
            let copy = Call { mute: true, ..call.clone() };
            // It moves when the device was last heard of, which the others note.
            self.last_fault = self.last_fault.max(self.now + pause + again);
            self.after(pause + again, Happening::Arrive(Box::new(copy)));
        }
        self.after(pause, Happening::Arrive(Box::new(call)));
    }

    fn note_sending(&mut self, device: usize, RequestId(id): RequestId, request: &Request) {
        match request {
            Request::Push { ops, .. } => {
                self.tally.pushes += 1;
                self.last_stir = self.now;
                self.trace.note(self.now, Some(device), "push", &[id as i64, ops.len() as i64], || {
                    let one = |op: &tunetrees::store::outbox::Op| {
                        format!("{} {} …{} on v{}", op.op, op.table, &op.id[30..], op.base)
                    };
                    format!("{id}: {}", ops.iter().map(one).collect::<Vec<_>>().join(", "))
                });
            }
            Request::Pull { cursor, look, .. } => {
                self.tally.pulls += 1;
                let asks =
                    |(table, id): &(tunetrees::store::schema::Table, String)| format!(", {table} …{}?", &id[30..]);
                let text = || format!("{id}: {cursor:?}{}", look.iter().map(asks).collect::<String>());
                self.trace.note(self.now, Some(device), "pull", &[id as i64], text);
            }
        }
    }

    /// No answer comes: the device notices at once or by its time-out.
    fn vanish(&mut self, call: &Call) {
        if self.chance.happens(0.6) {
            let pause = self.chance.between(5_000, 3 * SECOND);
            self.answer(call, pause, Err(RemoteError::Network("connection cut".to_owned())), true);
        } else {
            self.answer(call, TIME_OUT, Err(RemoteError::Timeout(30)), true);
        }
    }

    fn answer(&mut self, call: &Call, pause: i64, result: Result<Reply, RemoteError>, is_fault: bool) {
        if call.mute {
            return;
        }
        let at = self.now + pause;
        if is_fault {
            let mut over = at;
            if let Err(error) = &result {
                over += error.retry_after().map_or(0, |pause| pause.as_micros() as i64);
                // Put aside for want of anything smaller to send.
                if let (Verdict::SplitBatch, Request::Push { ops, .. }) = (verdict(error), &call.request)
                    && let [op] = ops.as_slice()
                {
                    self.oracle.may_be_refused(op.table, &op.id);
                }
            }
            self.last_fault = self.last_fault.max(over);
        }
        let (device, life, id) = (call.device, call.life, call.id);
        self.at(at, Happening::Reply { device, life, id, result: Box::new(result) });
    }

    /// The request reaches the server.
    pub fn arrive(&mut self, call: Call) {
        if self.now < self.server_down_until {
            let status = *self.chance.of(&[503, 502, 521]);
            let message = "down".to_owned();
            let error = RemoteError::Status { status, code: None, message, retry_after: None };
            return self.answer(&call, 50_000, Err(error), true);
        }
        let here = &self.devices[call.device];
        if call.who.is_some() && (self.now >= call.token_until || self.now < here.revoked_until) {
            return self.answer(&call, 20_000, Err(status(401, "PGRST303")), true);
        }
        if self.faults && self.chance.happens(self.plan.refused_call) {
            self.tally.refused_calls += 1;
            let error = self.some_error();
            return self.answer(&call, 30_000, Err(error), true);
        }
        let is_push = matches!(call.request, Request::Push { .. });
        if is_push && self.faults && self.chance.happens(self.plan.held_commit) {
            self.tally.held += 1;
            let hold = self.server.hold();
            let long = self.chance.between(1_000, 20 * SECOND);
            self.trace.note(self.now, Some(call.device), "held", &[], || format!("{}: commits late", call.id.0));
            return self.after(long, Happening::Commit(Box::new(call), hold));
        }
        self.execute(&call, None);
    }

    fn some_error(&mut self) -> RemoteError {
        let pause = self.chance.between(1, 20) as u64;
        match self.chance.below(16) {
            0 => status(401, "PGRST301"),
            1 => status(401, ""),
            2 => status(403, ""),
            3 => status(403, "42501"),
            4 => status(409, "40001"),
            5 => status(409, ""),
            6 => status(413, ""),
            7 => RemoteError::Status {
                status: 429,
                code: None,
                message: "slow down".to_owned(),
                retry_after: Some(Duration::from_secs(pause)),
            },
            8 => status(500, ""),
            9 => status(503, "PGRST002"),
            10 => status(500, "57014"),
            11 => status(500, "40P01"),
            12 => status(540, ""),
            13 => status(408, ""),
            14 => status(400, ""),
            _ => status(500, "XX000"),
        }
    }

    /// The server does it.
    pub fn execute(&mut self, call: &Call, hold: Option<Hold>) {
        let now = Timestamp::from_micros(START + self.now);
        let body = call.request.body(call.sender);
        let result = match (&call.request, call.who) {
            (Request::Push { .. }, Some(user)) => {
                let result = match hold {
                    Some(hold) => self.server.push_held(hold, user, &body, now),
                    None => self.server.push(user, &body, now),
                };
                self.ring(Some(call.sender));
                result
            }
            (_, who) => self.server.pull(who, &body, now),
        };
        let result = result
            .and_then(|body| call.request.read(&body).map_err(|found| RemoteError::NotOurs { status: 200, found }));
        if let Err(RemoteError::NotOurs { found, .. }) = &result {
            self.fail(format!("device {}: the server's answer cannot be read: {found}", call.device));
        }
        if self.faults && self.chance.happens(self.plan.lost_reply) {
            self.tally.lost_replies += 1;
            self.trace.note(self.now, None, "lost reply", &[], || format!("{} of dev {}", call.id.0, call.device));
            return self.vanish(call);
        }
        if self.faults && self.chance.happens(self.plan.garbled) {
            self.tally.garbled += 1;
            let found = "broken JSON: EOF".to_owned();
            return self.answer(call, 30_000, Err(RemoteError::NotOurs { status: 200, found }), true);
        }
        let is_fault = result.is_err();
        let mut pause = self.chance.between(2_000, 200_000);
        if self.faults && self.chance.happens(self.plan.late) {
            // An answer that is itself late, past whatever is sent meanwhile.
            pause = self.chance.between(SECOND, 100 * SECOND);
            if pause > TIME_OUT {
                self.answer(call, TIME_OUT, Err(RemoteError::Timeout(30)), true);
            }
        }
        self.answer(call, pause, result, is_fault);
    }

    /// The doorbells of those whose rows changed; not the sender's own. (A device that has lost its database since is another one.)
    pub fn ring(&mut self, sender: Option<DeviceId>) {
        for user in crate::world::people() {
            if !self.server.changed_since_last_ring(user) {
                continue;
            }
            for device in 0..self.devices.len() {
                let here = &self.devices[device];
                if Some(here.id) == sender || here.user != user || !here.bell_up {
                    continue;
                }
                let bell = here.bell;
                if self.faults && self.chance.happens(self.plan.lost_ring) {
                    self.tally.lost_rings += 1;
                    self.last_fault = self.last_fault.max(self.now);
                    continue;
                }
                let pause = self.chance.between(2_000, 150_000);
                self.after(pause, Happening::Ring { device, bell });
            }
        }
    }

    pub fn answered(&mut self, device: usize, request: RequestId, result: Result<Reply, RemoteError>) {
        if matches!(result, Ok(Reply::Pull(_))) {
            self.devices[device].pulls_answered += 1;
        }
        if let Err(error) = &result
            && matches!(verdict(error), Verdict::Misfit | Verdict::Outdated)
        {
            // It rests from when it hears of it, which may be long after it was said.
            let until = self.now + 300 * SECOND;
            self.devices[device].misfit_until = until;
            if !self.faults {
                self.last_fault = self.last_fault.max(until);
            }
        }
        self.tell(device, Event::Replied { request, result });
    }

    /// The socket tries to connect.
    pub fn bell_up(&mut self, device: usize, bell: u64) {
        let here = &self.devices[device];
        if here.bell != bell || here.tab.is_none() {
            return;
        }
        let away = here.is_cut_off(self.now) || here.is_in_portal(self.now) || self.now < self.server_down_until;
        if away || (self.faults && self.chance.happens(self.plan.lost_request)) {
            let pause = self.chance.between(SECOND, 10 * SECOND);
            return self.after(pause, Happening::BellUp { device, bell });
        }
        self.devices[device].bell_up = true;
        self.tell(device, Event::DoorbellUp);
    }

    /// A page is stored in parts, and others go between.
    pub fn gives_way(&mut self, device: usize) {
        if let Some(life) = self.devices[device].tab.as_ref().map(|tab| tab.life) {
            let pause = self.chance.between(100, 40_000);
            self.after(pause, Happening::GoOn { device, life });
        }
    }

    pub fn goes_on(&mut self, device: usize, life: u64) {
        if self.lives_on(device, life) {
            self.tell(device, Event::GoOn { asked: true });
        }
    }

    /// The socket is found to be dead, and connects anew.
    pub fn bell_down(&mut self, device: usize, bell: u64) {
        let here = &mut self.devices[device];
        if here.bell != bell || here.tab.is_none() {
            return;
        }
        here.bell += 1;
        let bell = here.bell;
        if std::mem::take(&mut here.bell_up) {
            self.tell(device, Event::DoorbellDown);
        }
        let pause = self.chance.between(SECOND, 10 * SECOND);
        self.after(pause, Happening::BellUp { device, bell });
    }
}

fn status(status: u16, code: &str) -> RemoteError {
    let code = (!code.is_empty()).then(|| code.to_owned());
    RemoteError::Status { status, code, message: "no".to_owned(), retry_after: None }
}
