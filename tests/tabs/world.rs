//! The world of the tabs: pages, their lock, one worker at a time over a real database file, messages on their way.

use std::collections::{BTreeMap, VecDeque};

use rusqlite::Connection;
use tunetrees::domain::ids::{DeviceId, UserId};
use tunetrees::domain::time::Timestamp;
use tunetrees::domain::tune::TuneFields;
use tunetrees::store::calls::Call;
use tunetrees::store::{Identity, Store};
use tunetrees::worker::protocol::{
    Account, Failure, FromWorker, LibraryAnswer, LibraryRequest, Opened, PROTOCOL, Response, StorageMode, TabId,
    ToWorker, WorkerId,
};
use tunetrees::worker::requests;
use tunetrees::worker::tabs::{Effect, Tab};
use uuid::Uuid;

/// A small generator of chance, the same everywhere.
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as usize) % most
    }
}

pub struct Worker {
    id: WorkerId,
    /// None until it is open.
    store: Option<Store>,
    /// What was said to it and it has not heard yet, and whether it came over the owner's own line.
    inbox: VecDeque<(bool, ToWorker)>,
}

pub struct Page {
    pub tab: Tab,
    inbox: VecDeque<FromWorker>,
    asking: bool,
    frozen: bool,
    /// Its event loop stands still, its worker's as well.
    hung: bool,
    pub asked: BTreeMap<u32, String>,
}

pub struct World {
    file: std::path::PathBuf,
    dice: Dice,
    pub pages: BTreeMap<u32, Page>,
    next_page: u32,
    next_worker: u128,
    /// Who holds the lock, and who waits for it.
    pub owner: Option<u32>,
    queue: VecDeque<u32>,
    pub worker: Option<(u32, Worker)>,
    pub acknowledged: Vec<(String, Uuid)>,
    pub unsure: Vec<String>,
    pub asked: Vec<String>,
    clock: i64,
    pub takeovers: u32,
    pub repeated: u32,
}

impl World {
    pub fn new(seed: u64, file: std::path::PathBuf) -> World {
        World {
            file,
            dice: Dice(seed),
            pages: BTreeMap::new(),
            next_page: 1,
            next_worker: 1,
            owner: None,
            queue: VecDeque::new(),
            worker: None,
            acknowledged: Vec::new(),
            unsure: Vec::new(),
            asked: Vec::new(),
            clock: 1_700_000_000_000_000,
            takeovers: 0,
            repeated: 0,
        }
    }

    pub fn open_page(&mut self) {
        let name = self.next_page;
        self.next_page += 1;
        let (tab, effects) = Tab::new(TabId(Uuid::from_u128(u128::from(name))));
        let page =
            Page { tab, inbox: VecDeque::new(), asking: false, frozen: false, hung: false, asked: BTreeMap::new() };
        self.pages.insert(name, page);
        self.perform(name, effects);
    }

    fn with(&mut self, name: u32, work: impl FnOnce(&mut Tab) -> Vec<Effect>) {
        let Some(page) = self.pages.get_mut(&name) else { return };
        let effects = work(&mut page.tab);
        self.perform(name, effects);
    }

    fn perform(&mut self, name: u32, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::AskLock => {
                    self.pages.get_mut(&name).unwrap().asking = true;
                    self.queue.push_back(name);
                }
                Effect::StealLock => {
                    let before = self.owner.replace(name);
                    self.pages.get_mut(&name).unwrap().asking = false;
                    self.queue.retain(|waiting| *waiting != name);
                    self.with(name, Tab::lock_granted);
                    if let Some(before) = before.filter(|before| *before != name) {
                        // A page that stands still hears of it when it moves again.
                        if self.pages.get(&before).is_some_and(|page| !page.hung) {
                            self.with(before, Tab::lock_lost);
                        }
                    }
                }
                Effect::DropLock => {
                    self.queue.retain(|waiting| *waiting != name);
                    if self.owner == Some(name) {
                        self.owner = None;
                    }
                }
                Effect::StartWorker => self.start_worker(name),
                Effect::StopWorker => {
                    if self.worker.as_ref().is_some_and(|(of, _)| *of == name) {
                        self.worker = None;
                    }
                }
                Effect::Send(message) => {
                    let owns = self.pages[&name].tab.is_owner();
                    if let Some((of, worker)) = &mut self.worker
                        && (!owns || *of == name)
                    {
                        worker.inbox.push_back((owns, message));
                    }
                }
                Effect::Answer { id, result } => {
                    let Some(title) = self.pages.get_mut(&name).unwrap().asked.remove(&id) else { continue };
                    match result {
                        Ok(Response::Library(LibraryAnswer::Tune(tune))) => {
                            assert_eq!(tune.fields.title.as_deref(), Some(title.as_str()), "an answer to another call");
                            self.acknowledged.push((title, tune.id.0));
                        }
                        // Told in words, and counted: it must stay the exception.
                        Err(Failure::Unsure | Failure::Storage(_)) => self.unsure.push(title),
                        other => panic!("{title}: {other:?}"),
                    }
                }
                Effect::Notice(_) => {}
            }
        }
    }

    fn start_worker(&mut self, name: u32) {
        // The files are free only when the one before is gone: the storage sees to that.
        if let Some((of, _)) = &self.worker
            && *of != name
            && self.pages.get(of).is_some_and(|page| page.hung)
        {
            let busy = WorkerId(Uuid::from_u128(1 << 100 | self.next_worker));
            let ready = FromWorker::Ready { protocol: PROTOCOL.into(), worker: busy, opened: Err(Failure::OtherTab) };
            self.pages.get_mut(&name).unwrap().inbox.push_back(ready);
            return;
        }
        self.takeovers += 1;
        let id = WorkerId(Uuid::from_u128(self.next_worker));
        self.next_worker += 1;
        self.worker = Some((name, Worker { id, store: None, inbox: VecDeque::new() }));
    }

    fn say(&mut self, message: &FromWorker, owner: u32) {
        for (name, page) in &mut self.pages {
            let hears = !page.frozen && (*name == owner || !page.tab.is_owner());
            if hears {
                page.inbox.push_back(message.clone());
            }
        }
    }

    pub fn ready(id: WorkerId) -> FromWorker {
        let account = Account::LocalOnly { server: false };
        let opened = Opened { storage: StorageMode::Opfs, account, durable: None };
        FromWorker::Ready { protocol: PROTOCOL.into(), worker: id, opened: Ok(opened) }
    }

    /// The worker does one thing: opens, or takes in one message. `cut`: it is killed before its answer is out.
    fn work(&mut self, cut: bool) {
        self.clock += 1_000;
        let now = Timestamp::from_micros(self.clock);
        let Some((owner, worker)) = &mut self.worker else { return };
        let owner = *owner;
        if self.pages.get(&owner).is_some_and(|page| page.hung) {
            return;
        }
        if worker.store.is_none() {
            let identity = Identity { user: UserId(Uuid::from_u128(1)), device: DeviceId(Uuid::from_u128(2)) };
            let store = Store::open(Connection::open(&self.file).unwrap(), identity).unwrap();
            // Processes are killed here, power is not cut.
            store.conn().execute_batch("pragma synchronous = off").unwrap();
            worker.store = Some(store);
            let ready = World::ready(worker.id);
            return self.say(&ready, owner);
        }
        let Some((_, message)) = worker.inbox.pop_front() else { return };
        match message {
            ToWorker::Hello => {
                let ready = World::ready(worker.id);
                self.say(&ready, owner);
            }
            ToWorker::Call { tab, id, oldest, again, request } => {
                let store = worker.store.as_mut().unwrap();
                let call = Call { tab: tab.0, id, oldest };
                self.repeated += u32::from(again && store.call_done(call).unwrap().is_some());
                let result = requests::answer_call(store, call, again, request, now, &chrono::Utc);
                if cut {
                    self.kill(owner);
                } else {
                    self.say(&FromWorker::Answer { tab, id, result }, owner);
                }
            }
            _ => {}
        }
    }

    /// The page ends without a word (killed), its worker with it.
    fn kill(&mut self, name: u32) {
        self.pages.remove(&name);
        self.queue.retain(|waiting| *waiting != name);
        if self.worker.as_ref().is_some_and(|(of, _)| *of == name) {
            self.worker = None;
        }
        if self.owner == Some(name) {
            self.owner = None;
        }
    }

    pub fn grant(&mut self) {
        if self.owner.is_none()
            && let Some(next) = self.queue.pop_front()
        {
            self.owner = Some(next);
            self.with(next, Tab::lock_granted);
        }
    }

    fn hear(&mut self, name: u32) {
        let Some(page) = self.pages.get_mut(&name).filter(|page| !page.frozen && !page.hung) else { return };
        if let Some(message) = page.inbox.pop_front() {
            self.with(name, |tab| tab.received(message));
        }
    }

    pub fn tick(&mut self) {
        for name in self.pages.keys().copied().collect::<Vec<_>>() {
            if self.pages.get(&name).is_some_and(|page| !page.frozen && !page.hung) {
                self.with(name, Tab::tick);
            }
        }
    }

    pub fn ask(&mut self, name: u32) {
        let Some(page) = self.pages.get_mut(&name).filter(|page| !page.frozen && !page.hung) else { return };
        let title = format!("Tune {}", self.asked.len());
        self.asked.push(title.clone());
        let fields = TuneFields { title: Some(title.clone()), ..TuneFields::default() };
        let (id, effects) = page.tab.call(LibraryRequest::CreateTune { fields });
        page.asked.insert(id, title);
        self.perform(name, effects);
    }

    pub fn freeze(&mut self, name: u32, frozen: bool) {
        let Some(page) = self.pages.get_mut(&name).filter(|page| page.frozen != frozen && !page.hung) else { return };
        page.frozen = frozen;
        page.inbox.clear();
        self.with(name, if frozen { Tab::frozen } else { Tab::resumed });
    }

    pub fn hang(&mut self, name: u32, hung: bool) {
        let Some(page) = self.pages.get_mut(&name).filter(|page| page.hung != hung && !page.frozen) else { return };
        page.hung = hung;
        if !hung && page.tab.is_owner() && self.owner != Some(name) {
            self.with(name, Tab::lock_lost);
        }
    }

    pub fn step(&mut self) {
        let names: Vec<u32> = self.pages.keys().copied().collect();
        let Some(some) = (!names.is_empty()).then(|| names[self.dice.below(names.len())]) else {
            return self.open_page();
        };
        match self.dice.below(1000) {
            0..=4 if self.pages.len() < 4 => self.open_page(),
            5..=8 => self.kill(some),
            9..=11 => self.freeze(some, true),
            12..=17 => self.freeze(some, false),
            18..=20 => self.hang(some, true),
            21..=24 => self.hang(some, false),
            25..=26 => self.with(some, |tab| tab.worker_failed("an error")),
            28..=60 => self.tick(),
            61..=220 => self.grant(),
            221..=320 => self.ask(some),
            321..=330 => self.work(true),
            331..=620 => self.work(false),
            _ => self.hear(some),
        }
    }

    /// Nothing bad happens any more: everything that was asked by a page that lives is answered.
    pub fn settle(&mut self) {
        for name in self.pages.keys().copied().collect::<Vec<_>>() {
            self.hang(name, false);
            self.freeze(name, false);
        }
        for round in 0..2_000 {
            self.grant();
            self.work(false);
            for name in self.pages.keys().copied().collect::<Vec<_>>() {
                self.hear(name);
            }
            if round % 20 == 0 {
                self.tick();
            }
        }
    }
}
