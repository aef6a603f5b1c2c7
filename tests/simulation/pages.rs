//! Several tabs of the app on one device: who owns the database, how the others' edits reach it, what becomes of those when the owner is killed,
//! put aside or hangs. The tabs are the real ones (`worker::tabs`), and so are the worker's answers and its journal (`worker::requests`); the
//! lock, the lines between them and the time are the simulator's.
//!
//! `tests/tabs` plays them in finer steps and without a sync; here the owner's engine ends and begins with them.

mod calls;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use tunetrees::worker::protocol::{
    Account, Failure, FromWorker, Opened, PROTOCOL, StorageMode, TabId, ToWorker, WorkerId,
};
use tunetrees::worker::tabs::{Effect, Tab};
use uuid::Uuid;

use crate::happening::Happening;
use crate::plan::SECOND;
use crate::world::World;

/// What happens between the tabs of a device.
pub enum PageEvent {
    /// The person opens another one.
    Opens,
    /// The lock is free: who is next?
    Grant,
    Tick(u32),
    /// A word of the worker's.
    Hears(u32, Box<FromWorker>),
    /// A word of this page's to the worker of that life: a later one was not there to hear it.
    Says {
        from: u32,
        to: u64,
        word: Box<ToWorker>,
    },
    /// A page that was put aside, or stood still, goes on.
    Moves(u32),
}

struct Page {
    tab: Tab,
    frozen: bool,
    /// Its event loop stands still, its worker's as well.
    hung: bool,
    ticking: bool,
    asked: BTreeSet<u32>,
    /// When its last word to the worker arrives, and the worker's last to it: what is said later arrives later.
    last_said: i64,
    last_heard: i64,
}

/// The tabs of a device.
#[derive(Default)]
pub struct Pages {
    pages: BTreeMap<u32, Page>,
    next: u32,
    /// Who holds the lock, and who waits for it.
    owner: Option<u32>,
    queue: VecDeque<u32>,
    /// Whose worker has the database.
    worker: Option<u32>,
    /// Calls that were carried out, and whether they wrote anything to the database that there is now.
    carried_out: BTreeMap<(TabId, u32), bool>,
    /// What the worker of a page that stands still has not heard yet.
    pub unheard: Vec<Happening>,
}

impl Pages {
    /// Does the owner stand still?
    pub fn is_hung(&self) -> bool {
        self.worker.is_some_and(|page| self.pages.get(&page).is_some_and(|page| page.hung))
    }

    /// The database that remembers them is gone. (Answers of its worker may still be on their way.)
    pub fn forget_calls(&mut self) {
        self.carried_out.values_mut().for_each(|wrote| *wrote = false);
    }

    /// What a tab still waits for, at the end.
    pub fn waiting(&self) -> Option<String> {
        let lost = |(name, page): (&u32, &Page)| {
            let calls = page.asked.len();
            (calls > 0 || !page.tab.is_served())
                .then(|| format!("tab {name} waits for {calls} answers, served: {}", page.tab.is_served()))
        };
        self.pages.iter().find_map(lost)
    }
}

impl World<'_> {
    fn pages(&mut self, device: usize) -> &mut Pages {
        self.devices[device].pages.as_mut().unwrap()
    }

    fn page_after(&mut self, device: usize, least: i64, most: i64, what: PageEvent) {
        let pause = self.chance.between(least, most);
        self.after(pause, Happening::Page { device, what });
    }

    /// A page says something to the worker of that life.
    fn says(&mut self, device: usize, from: u32, to: u64, word: ToWorker) {
        let at = self.now + self.chance.between(1_000, 30_000);
        let Some(page) = self.pages(device).pages.get_mut(&from) else { return };
        page.last_said = at.max(page.last_said);
        let (at, what) = (page.last_said, PageEvent::Says { from, to, word: Box::new(word) });
        self.at(at, Happening::Page { device, what });
    }

    /// A page is told something by the worker.
    fn will_hear(&mut self, device: usize, name: u32, word: Box<FromWorker>) {
        let at = self.now + self.chance.between(1_000, 30_000);
        let Some(page) = self.pages(device).pages.get_mut(&name) else { return };
        page.last_heard = at.max(page.last_heard);
        let (at, what) = (page.last_heard, PageEvent::Hears(name, word));
        self.at(at, Happening::Page { device, what });
    }

    pub fn page_event(&mut self, device: usize, what: PageEvent) {
        match what {
            PageEvent::Opens => self.open_page(device),
            PageEvent::Grant => self.grant(device),
            PageEvent::Tick(page) => self.tick(device, page),
            PageEvent::Hears(page, word) => {
                let here = self.pages(device).pages.get(&page);
                if here.is_some_and(|page| page.hung) {
                    self.pages(device).unheard.push(Happening::Page { device, what: PageEvent::Hears(page, word) });
                } else if here.is_some_and(|page| !page.frozen) {
                    self.with(device, page, |tab| tab.received(*word));
                }
            }
            PageEvent::Says { from, to, word } => self.worker_hears(device, from, to, word),
            PageEvent::Moves(page) => self.page_moves(device, page),
        }
    }

    /// Opens as many as there are to be, if there are none.
    pub fn open_pages(&mut self, device: usize) {
        if self.now < self.devices[device].closed_until || !self.pages(device).pages.is_empty() {
            return;
        }
        for _ in 0..self.plan.tabs[device] {
            self.open_page(device);
        }
    }

    fn open_page(&mut self, device: usize) {
        let most = self.plan.tabs[device];
        if self.now < self.devices[device].closed_until || self.pages(device).pages.len() >= most {
            return;
        }
        self.tally.tabs += 1;
        let pages = self.pages(device);
        pages.next += 1;
        let name = pages.next;
        let (tab, effects) = Tab::new(TabId(Uuid::from_u128((device as u128) << 64 | u128::from(name))));
        let page = Page {
            tab,
            frozen: false,
            hung: false,
            ticking: false,
            asked: BTreeSet::new(),
            last_said: 0,
            last_heard: 0,
        };
        pages.pages.insert(name, page);
        self.trace.note(self.now, Some(device), "tab opens", &[i64::from(name)], || name.to_string());
        self.page_does(device, name, effects);
    }

    fn with(&mut self, device: usize, page: u32, work: impl FnOnce(&mut Tab) -> Vec<Effect>) {
        let Some(here) = self.pages(device).pages.get_mut(&page) else { return };
        let effects = work(&mut here.tab);
        self.page_does(device, page, effects);
    }

    fn page_does(&mut self, device: usize, name: u32, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::AskLock => {
                    self.pages(device).queue.push_back(name);
                    self.page_after(device, 5_000, 50_000, PageEvent::Grant);
                }
                Effect::StealLock => self.steal_lock(device, name),
                Effect::DropLock => {
                    let pages = self.pages(device);
                    pages.queue.retain(|waiting| *waiting != name);
                    if pages.owner == Some(name) {
                        pages.owner = None;
                        self.page_after(device, 5_000, 50_000, PageEvent::Grant);
                    }
                }
                Effect::StartWorker => self.start_worker(device, name),
                Effect::StopWorker => {
                    if self.pages(device).worker == Some(name) {
                        self.pages(device).worker = None;
                        self.owner_ends(device);
                    }
                }
                Effect::Send(word) => {
                    if let Some(to) = self.devices[device].tab.as_ref().map(|tab| tab.life) {
                        self.says(device, name, to, word);
                    }
                }
                Effect::Answer { id, result } => self.page_is_answered(device, name, id, &result),
                Effect::Notice(_) => {}
            }
        }
        self.keep_ticking(device, name);
    }

    /// A tab looks at the time while it waits for something.
    fn keep_ticking(&mut self, device: usize, name: u32) {
        let Some(page) = self.pages(device).pages.get_mut(&name) else { return };
        if !page.ticking && (!page.asked.is_empty() || !page.tab.is_served()) {
            page.ticking = true;
            self.page_after(device, SECOND, SECOND, PageEvent::Tick(name));
        }
    }

    fn tick(&mut self, device: usize, name: u32) {
        let Some(page) = self.pages(device).pages.get_mut(&name) else { return };
        page.ticking = false;
        if page.frozen || page.hung {
            return;
        }
        self.with(device, name, Tab::tick);
        self.keep_ticking(device, name);
    }

    fn grant(&mut self, device: usize) {
        let pages = self.pages(device);
        if pages.owner.is_none()
            && let Some(next) = pages.queue.pop_front()
        {
            pages.owner = Some(next);
            self.with(device, next, Tab::lock_granted);
        }
    }

    fn steal_lock(&mut self, device: usize, name: u32) {
        self.tally.locks_taken += 1;
        self.trace.note(self.now, Some(device), "takes", &[i64::from(name)], || format!("tab {name} takes the lock"));
        let pages = self.pages(device);
        let before = pages.owner.replace(name).filter(|before| *before != name);
        pages.queue.retain(|waiting| *waiting != name);
        self.with(device, name, Tab::lock_granted);
        // A page that stands still hears of it when it moves again.
        if let Some(before) =
            before.filter(|before| self.pages(device).pages.get(before).is_some_and(|page| !page.hung))
        {
            self.with(device, before, Tab::lock_lost);
        }
    }

    fn ready(opened: Result<Opened, Failure>, life: u64) -> Box<FromWorker> {
        let worker = WorkerId(Uuid::from_u128(u128::from(life)));
        Box::new(FromWorker::Ready { protocol: PROTOCOL.to_owned(), worker, opened })
    }

    fn say_ready(&mut self, device: usize, only: Option<u32>) {
        let Some(life) = self.devices[device].tab.as_ref().map(|tab| tab.life) else { return };
        let names: Vec<u32> = self.pages(device).pages.keys().copied().collect();
        for name in names.into_iter().filter(|name| only.is_none_or(|only| only == *name)) {
            let account = Account::LocalOnly { server: false };
            let opened = Opened { storage: StorageMode::Opfs, account, durable: None };
            self.will_hear(device, name, Self::ready(Ok(opened), life));
        }
    }

    fn start_worker(&mut self, device: usize, name: u32) {
        if self.pages(device).worker.is_some_and(|of| of != name) {
            // The files are free only when the worker before is gone: the storage sees to that.
            let busy = Self::ready(Err(Failure::OtherTab), u64::MAX - u64::from(name));
            return self.will_hear(device, name, busy);
        }
        if self.pages(device).worker.replace(name).is_some() {
            self.owner_ends(device);
        }
        self.tally.takeovers += 1;
        self.open_database(device);
        self.say_ready(device, None);
    }

    /// The owner's worker is gone, its engine with it.
    fn owner_ends(&mut self, device: usize) {
        self.pages(device).unheard.clear();
        let here = &mut self.devices[device];
        here.tab = None;
        here.fuse.dead = false;
        here.fuse.dies_at = None;
        here.bell += 1;
        here.bell_up = false;
        self.last_fault = self.last_fault.max(self.now);
    }

    /// The tab that owns the database was killed with its worker, and is reloaded some time.
    pub fn owner_killed(&mut self, device: usize) {
        if let Some(name) = self.pages(device).worker.take() {
            self.forget_page(device, name);
            self.page_after(device, 10_000, 3 * SECOND, PageEvent::Grant);
        }
        let others = !self.pages(device).pages.is_empty();
        self.page_after(device, 10_000, if others { 30 } else { 3 } * SECOND, PageEvent::Opens);
    }

    fn forget_page(&mut self, device: usize, name: u32) {
        let pages = self.pages(device);
        pages.unheard.clear();
        pages.pages.remove(&name);
        pages.queue.retain(|waiting| *waiting != name);
        if pages.owner == Some(name) {
            pages.owner = None;
        }
    }

    /// All tabs are closed.
    pub fn close_pages(&mut self, device: usize) {
        let Some(pages) = &mut self.devices[device].pages else { return };
        pages.pages.clear();
        pages.queue.clear();
        pages.unheard.clear();
        (pages.owner, pages.worker) = (None, None);
        self.devices[device].tab = None;
    }

    /// One of the tabs that do not own the database is killed.
    pub fn follower_dies(&mut self, device: usize) -> bool {
        let Some(pages) = &self.devices[device].pages else { return false };
        let others: Vec<u32> = pages.pages.keys().copied().filter(|name| pages.worker != Some(*name)).collect();
        if others.is_empty() || self.chance.happens(0.5) {
            return false;
        }
        let name = *self.chance.of(&others);
        self.forget_page(device, name);
        self.trace.note(self.now, Some(device), "tab dies", &[i64::from(name)], || name.to_string());
        self.page_after(device, 10_000, 30 * SECOND, PageEvent::Opens);
        self.page_after(device, 5_000, 50_000, PageEvent::Grant);
        true
    }

    /// The owner is put aside by the browser, or stands still, for so long.
    pub fn owner_stops(&mut self, device: usize, long: i64) {
        let Some(name) = self.pages(device).worker.filter(|_| self.devices[device].tab.is_some()) else { return };
        let hangs = self.chance.happens(0.5);
        let Some(page) = self.pages(device).pages.get_mut(&name).filter(|page| !page.frozen && !page.hung) else {
            return;
        };
        if hangs {
            page.hung = true;
            self.tally.hung += 1;
        } else {
            page.frozen = true;
            self.tally.frozen += 1;
            self.with(device, name, Tab::frozen);
        }
        self.trace.note(self.now, Some(device), "stops", &[i64::from(name)], || format!("tab {name} hangs: {hangs}"));
        self.after(long, Happening::Page { device, what: PageEvent::Moves(name) });
    }

    fn page_moves(&mut self, device: usize, name: u32) {
        let Some(page) = self.pages(device).pages.get_mut(&name) else { return };
        let stopped = (std::mem::take(&mut page.frozen), std::mem::take(&mut page.hung));
        self.trace.note(self.now, Some(device), "moves", &[i64::from(name)], || format!("tab {name}"));
        self.last_fault = self.last_fault.max(self.now);
        match stopped {
            (true, _) => self.with(device, name, Tab::resumed),
            (_, true) => {
                for happening in std::mem::take(&mut self.pages(device).unheard) {
                    self.after(0, happening);
                }
                if self.pages(device).owner != Some(name) {
                    self.with(device, name, Tab::lock_lost);
                }
            }
            _ => {}
        }
        self.keep_ticking(device, name);
    }

    /// Every tab goes on; there is one at least. The lock is granted, or taken from nobody, in a while.
    pub fn heal_pages(&mut self, device: usize) {
        if self.devices[device].pages.is_none() {
            return;
        }
        self.open_pages(device);
        for name in self.pages(device).pages.keys().copied().collect::<Vec<_>>() {
            self.page_moves(device, name);
        }
        self.grant(device);
    }
}
