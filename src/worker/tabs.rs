//! One tab among others: who owns the database, by which line this tab's calls go there, and what becomes of them when the owner ends.
//!
//! A state machine without a browser: `client` brings it what happens and does what it says; `tests/tabs` plays several of them at once.
//! One tab holds the Web Lock and runs the worker; the others reach that worker over a channel. A call that is not answered is kept; when
//! another worker takes over it is sent again, marked as such, and the worker knows from its journal (`store::calls`) whether it was carried out.

use std::collections::BTreeMap;

use super::in_front::SAY_EVERY;
use super::protocol::{Account, Failure, FromWorker, Opened, PROTOCOL, Request, Response, TabId, ToWorker, WorkerId};

/// After so many ticks without a word while something is waited for, the tab asks whether anybody is there …
const ASK_AFTER: u32 = 3;
/// … and after so many it takes the lock away from a tab that is frozen or hangs (a worker that is only busy answers between two pieces of work).
const TAKE_AFTER: u32 = 12;
/// A worker that cannot be kept alive so many times in a row is not started again.
const MOST_RESTARTS: u32 = 3;
/// A call that was sent so often, each time to a worker that ended over it, is not sent again.
const MOST_SENDINGS: u32 = 4;

/// Something the tab wants done.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Queue for the lock; [`Tab::lock_granted`] follows some time.
    AskLock,
    /// Take the lock, whoever has it.
    StealLock,
    /// Give the lock, or the place in its queue, back.
    DropLock,
    /// Start the worker of this tab, in place of any before.
    StartWorker,
    /// End it.
    StopWorker,
    /// Send this to the worker of this tab, if it owns one, else to that of the tab that does.
    Send(ToWorker),
    /// This call is answered.
    Answer {
        /// Which.
        id: u32,
        /// With what.
        result: Result<Response, Failure>,
    },
    /// Tell the interface.
    Notice(FromWorker),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    /// Another tab has the lock, or nobody yet.
    Follower,
    /// This tab has it.
    Owner,
    /// The browser has put this tab aside.
    Frozen,
}

#[derive(Debug)]
struct Waiting {
    request: Request,
    /// Who was signed in when it was sent; `None`: not sent yet.
    sent: Option<Account>,
    sendings: u32,
}

/// The state of one tab.
#[derive(Debug)]
pub struct Tab {
    id: TabId,
    role: Role,
    /// The worker that has said it is ready.
    worker: Option<WorkerId>,
    account: Option<Account>,
    failed: Option<Failure>,
    calls: BTreeMap<u32, Waiting>,
    next: u32,
    visible: bool,
    /// Ticks since the worker was last told so.
    unsaid: u32,
    online: bool,
    silence: u32,
    restarts: u32,
    /// The files were not free when this tab's worker wanted them.
    busy: bool,
}

impl Tab {
    /// A tab that has just been loaded: it asks for the lock, and whether somebody is there already.
    pub fn new(id: TabId) -> (Self, Vec<Effect>) {
        let tab = Tab {
            id,
            role: Role::Follower,
            worker: None,
            account: None,
            failed: None,
            calls: BTreeMap::new(),
            next: 1,
            visible: true,
            unsaid: 0,
            online: true,
            silence: 0,
            restarts: 0,
            busy: false,
        };
        (tab, vec![Effect::AskLock, Effect::Send(ToWorker::Hello)])
    }

    /// Which tab it is.
    pub const fn id(&self) -> TabId {
        self.id
    }

    /// Does this tab run the worker?
    pub fn is_owner(&self) -> bool {
        self.role == Role::Owner
    }

    /// Is there a worker to talk to?
    pub const fn is_served(&self) -> bool {
        self.worker.is_some()
    }

    /// The interface asks; the number of the call, which [`Effect::Answer`] will carry (among these effects already, if there is no hope).
    pub fn call(&mut self, request: impl Into<Request>) -> (u32, Vec<Effect>) {
        let id = self.next;
        self.next += 1;
        if let Some(failure) = &self.failed {
            return (id, vec![Effect::Answer { id, result: Err(failure.clone()) }]);
        }
        self.calls.insert(id, Waiting { request: request.into(), sent: None, sendings: 0 });
        let out = if self.worker.is_some() { self.send_call(id).into_iter().collect() } else { Vec::new() };
        (id, out)
    }

    /// A person came to the page, which may have been in front all along.
    pub fn focused(&mut self) -> Vec<Effect> {
        self.tell(ToWorker::Focused)
    }

    /// The page came to the front or went to the back.
    pub fn visible(&mut self, visible: bool) -> Vec<Effect> {
        self.visible = visible;
        self.unsaid = 0;
        self.tell(ToWorker::Visible(self.id, visible))
    }

    /// The browser believes that there is, or is not, a network.
    pub fn online(&mut self, online: bool) -> Vec<Effect> {
        self.online = online;
        self.tell(ToWorker::Online(online))
    }

    /// Was there a network, when the browser was last heard of?
    pub const fn is_online(&self) -> bool {
        self.online
    }

    /// Something else for the worker, if there is one.
    pub fn tell(&self, message: ToWorker) -> Vec<Effect> {
        if self.worker.is_some() { vec![Effect::Send(message)] } else { Vec::new() }
    }

    /// The lock is this tab's.
    pub fn lock_granted(&mut self) -> Vec<Effect> {
        if self.role == Role::Frozen {
            return vec![Effect::DropLock];
        }
        self.role = Role::Owner;
        self.worker = None;
        self.failed = None;
        self.silence = 0;
        vec![Effect::StartWorker]
    }

    /// Another tab has taken the lock: it held this one for dead.
    pub fn lock_lost(&mut self) -> Vec<Effect> {
        if self.role != Role::Owner {
            return Vec::new();
        }
        self.role = Role::Follower;
        self.worker = None;
        self.silence = 0;
        vec![Effect::StopWorker, Effect::AskLock, Effect::Send(ToWorker::Hello)]
    }

    /// The worker of this tab has ended by an error.
    pub fn worker_failed(&mut self, why: &str) -> Vec<Effect> {
        if self.role != Role::Owner {
            return Vec::new();
        }
        self.worker = None;
        self.silence = 0;
        self.restarts += 1;
        if self.restarts <= MOST_RESTARTS {
            return vec![Effect::StopWorker, Effect::StartWorker];
        }
        let mut out = vec![Effect::StopWorker];
        out.extend(self.fail(Failure::Storage(format!(
            "The database process has stopped ({why}). Reload the page; what was saved is kept."
        ))));
        out
    }

    /// The worker is of another release than this page: the page makes way for a tab that fits, and says so.
    pub fn stale(&mut self) -> Vec<Effect> {
        let mut out = Vec::new();
        if self.role == Role::Owner {
            self.role = Role::Follower;
            out = vec![Effect::StopWorker, Effect::DropLock];
        }
        let text = "TuneTrees was updated. Reload the page to go on; what was saved is kept.";
        out.extend(self.fail(Failure::Storage(text.to_owned())));
        out
    }

    /// The worker cannot even be started here.
    pub fn no_worker(&mut self) -> Vec<Effect> {
        self.fail(Failure::Storage("This browser cannot start the database process.".to_owned()))
    }

    /// A message over the present line.
    pub fn received(&mut self, message: FromWorker) -> Vec<Effect> {
        if self.role == Role::Frozen {
            return Vec::new();
        }
        self.silence = 0;
        match message {
            FromWorker::Answer { tab, id, result } => {
                let mine = tab == self.id && self.calls.remove(&id).is_some();
                // It does work.
                self.restarts = if mine { 0 } else { self.restarts };
                if mine { vec![Effect::Answer { id, result }] } else { Vec::new() }
            }
            FromWorker::Alive => Vec::new(),
            // As if the lock had gone; where there are Web Locks, it has.
            FromWorker::Replaced => self.lock_lost(),
            FromWorker::Ready { protocol, .. } if protocol != PROTOCOL => self.stale(),
            FromWorker::Ready { opened: Err(Failure::OtherTab), protocol, worker } => {
                // The files are not free yet: whoever had them is frozen, or slow to end. The next ticks try again.
                self.worker = None;
                self.busy = true;
                vec![Effect::Notice(FromWorker::Ready { protocol, worker, opened: Err(Failure::OtherTab) })]
            }
            FromWorker::Ready { opened: Err(failure), .. } => self.fail(failure),
            FromWorker::Ready { protocol, worker, opened: Ok(opened) } => self.ready(protocol, worker, opened),
            FromWorker::Account(account) => {
                self.account = Some(account.clone());
                vec![Effect::Notice(FromWorker::Account(account))]
            }
            notice => vec![Effect::Notice(notice)],
        }
    }

    fn ready(&mut self, protocol: String, worker: WorkerId, opened: Opened) -> Vec<Effect> {
        if self.worker == Some(worker) {
            return Vec::new();
        }
        self.worker = Some(worker);
        self.failed = None;
        self.account = Some(opened.account.clone());
        self.busy = false;
        self.unsaid = 0;
        let mut out = vec![
            Effect::Notice(FromWorker::Ready { protocol, worker, opened: Ok(opened) }),
            Effect::Send(ToWorker::Visible(self.id, self.visible)),
        ];
        if !self.online {
            out.push(Effect::Send(ToWorker::Online(false)));
        }
        // In their order: a later one may build on an earlier one.
        for id in self.calls.keys().copied().collect::<Vec<_>>() {
            out.extend(self.send_call(id));
        }
        out
    }

    fn send_call(&mut self, id: u32) -> Option<Effect> {
        let oldest = *self.calls.keys().next()?;
        let account = self.account.clone();
        let waiting = self.calls.get_mut(&id)?;
        let again = waiting.sent.is_some();
        let repeatable = !waiting.request.is_about_accounts() && waiting.sendings < MOST_SENDINGS;
        if again && !(repeatable && waiting.sent == account) {
            // Signing up twice fails for the wrong reason; and another person's database must not get this one's edit.
            self.calls.remove(&id);
            return Some(Effect::Answer { id, result: Err(Failure::Unsure) });
        }
        waiting.sent = account;
        waiting.sendings += 1;
        let request = waiting.request.clone();
        Some(Effect::Send(ToWorker::Call { tab: self.id, id, oldest, again, request }))
    }

    /// A word of a tab of another release.
    pub fn other_release(&mut self) -> Vec<Effect> {
        if self.role != Role::Follower || self.worker.is_some() || self.failed.is_some() {
            return Vec::new();
        }
        self.silence = 0;
        self.fail(Failure::OtherRelease)
    }

    /// About a second has passed.
    pub fn tick(&mut self) -> Vec<Effect> {
        let mut out = self.look_for_the_worker();
        out.extend(self.say_that_it_is_in_front());
        out
    }

    /// A worker that hears nothing of it any more holds this tab for crashed.
    fn say_that_it_is_in_front(&mut self) -> Option<Effect> {
        if !self.visible || self.worker.is_none() {
            return None;
        }
        self.unsaid += 1;
        if self.unsaid < SAY_EVERY {
            return None;
        }
        self.unsaid = 0;
        Some(Effect::Send(ToWorker::Visible(self.id, true)))
    }

    fn look_for_the_worker(&mut self) -> Vec<Effect> {
        if self.role == Role::Frozen || self.failed.is_some() {
            return Vec::new();
        }
        if self.worker.is_some() && self.calls.is_empty() {
            self.silence = 0;
            return Vec::new();
        }
        self.silence += 1;
        if self.busy && self.role == Role::Owner {
            self.busy = false;
            return vec![Effect::StopWorker, Effect::StartWorker];
        }
        if self.silence >= TAKE_AFTER + self.patience() {
            self.silence = 0;
            return match self.role {
                Role::Owner => self.worker_failed("it does not answer"),
                _ => vec![Effect::StealLock],
            };
        }
        if self.silence.is_multiple_of(ASK_AFTER) { vec![Effect::Send(ToWorker::Hello)] } else { Vec::new() }
    }

    /// Two tabs shall not both lose patience in the same second.
    fn patience(&self) -> u32 {
        if self.role == Role::Owner { 0 } else { (self.id.0.as_u128() % 4) as u32 }
    }

    /// The page is being put aside (frozen, kept for the back button) or left.
    pub fn frozen(&mut self) -> Vec<Effect> {
        let role = std::mem::replace(&mut self.role, Role::Frozen);
        let served = self.worker.take().is_some();
        match role {
            Role::Frozen => Vec::new(),
            Role::Owner => vec![Effect::StopWorker, Effect::DropLock],
            Role::Follower if served => vec![Effect::Send(ToWorker::Visible(self.id, false)), Effect::DropLock],
            Role::Follower => vec![Effect::DropLock],
        }
    }

    /// It is back.
    pub fn resumed(&mut self) -> Vec<Effect> {
        if self.role != Role::Frozen {
            return Vec::new();
        }
        self.role = Role::Follower;
        self.silence = 0;
        vec![Effect::AskLock, Effect::Send(ToWorker::Hello)]
    }

    /// Nothing can be done any more until another worker says it is ready.
    fn fail(&mut self, failure: Failure) -> Vec<Effect> {
        self.failed = Some(failure.clone());
        let calls = std::mem::take(&mut self.calls);
        let mut out: Vec<Effect> =
            calls.into_keys().map(|id| Effect::Answer { id, result: Err(failure.clone()) }).collect();
        let worker = self.worker.take().unwrap_or(WorkerId(self.id.0));
        out.push(Effect::Notice(FromWorker::Ready { protocol: PROTOCOL.to_owned(), worker, opened: Err(failure) }));
        out
    }
}
