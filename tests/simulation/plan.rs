//! What a seed will do to its world: how many devices, which faults, how often. Each seed has some kinds of fault and not others: faults
//! that always come together hide each other.

use tunetrees::sync::strategy::Strategy;

use crate::chance::Chance;

pub const SECOND: i64 = 1_000_000;
pub const MINUTE: i64 = 60 * SECOND;
pub const HOUR: i64 = 60 * MINUTE;
pub const DAY: i64 = 24 * HOUR;

/// A fault with a place and a time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Trouble {
    /// The device has no network for so long; whether the browser says so is another matter.
    Outage { device: usize, long: i64, said: bool },
    /// A network that wants a sign-in answers everything itself.
    Portal { device: usize, long: i64 },
    /// The server is down: 503, or nothing.
    ServerDown { long: i64 },
    /// The device's clock is set.
    ClockJump { device: usize, by: i64 },
    /// The machine sleeps.
    Sleep { device: usize, long: i64 },
    /// The browser throttles the timers of a hidden tab.
    Throttle { device: usize, long: i64 },
    /// The tab that owns the database is killed; another takes over.
    KillTab { device: usize },
    /// Another tab takes the database while the owner is frozen; the first gets it back when it thaws.
    Stolen { device: usize, long: i64 },
    /// The server asks for a newer app than this one, for so long.
    OldApp { long: i64 },
    /// The app is closed, and opened again later.
    Close { device: usize, long: i64 },
    /// The browser throws the database away.
    Evict { device: usize },
    /// The server is backed up.
    Backup,
    /// The server is restored from the backup.
    Restore,
    /// Old tombstones are purged on the server.
    Purge,
    /// The doorbell's socket is cut.
    BellDown { device: usize },
    /// It rings for nothing.
    WrongRing { device: usize },
    /// The session is ended on the server; the person signs in again later.
    SessionEnd { device: usize, long: i64 },
    /// Somebody else signs in on the device for so long: her app does not see this one's session.
    OtherSession { device: usize, long: i64 },
    /// Something else fills the device's disk.
    FullDisk { device: usize, long: i64 },
    /// A page of the device's file is overwritten.
    Damage { device: usize },
    /// The app is updated: until then it was an earlier one.
    Upgrade { device: usize },
    /// The project's owner changes who sees a row.
    Sight,
    /// The profile of one device is copied over another's of the same person: they are one device, as far as they know, and both go on.
    Copied { from: usize, device: usize },
    /// The network sets out for a moment in the middle of everything, and the browser notices.
    Flicker { device: usize },
}

/// Probabilities are per call or per event.
pub struct Plan {
    pub devices: usize,
    pub people: usize,
    /// How many tabs each device has open.
    pub tabs: Vec<usize>,
    /// Faults and operations happen within this time.
    pub span: i64,
    pub operations: usize,
    pub lost_request: f64,
    pub lost_reply: f64,
    pub late: f64,
    pub twice: f64,
    pub refused_call: f64,
    pub garbled: f64,
    pub held_commit: f64,
    pub lost_ring: f64,
    pub kill: f64,
    pub lost_refresh: f64,
    /// The tab dies after the edit is stored and before anybody hears of it.
    pub kill_after_edit: f64,
    pub bad_rows: f64,
    pub big_notes: f64,
    /// A token lasts so long.
    pub token: i64,
    /// Each device's clock is off by so much.
    pub skews: Vec<i64>,
    pub troubles: Vec<(i64, Trouble)>,
    /// How each device settles conflicts.
    pub strategies: Vec<Strategy>,
    /// How often a person has a look at conflicts and refused edits, and does something about one.
    pub choices: f64,
    /// Notes are made public, and private again.
    pub public_notes: bool,
    /// The backup may be from before the server's schema had all of today's columns.
    pub old_backup: bool,
    /// Networks that want a sign-in answer with whatever status they like.
    pub portal_statuses: bool,
    /// After the faults the devices are told of it (online, visible) rather than finding out by themselves.
    pub told_at_the_end: bool,
}

impl Plan {
    /// The plan of a seed.
    pub fn of(seed: u64) -> (Plan, Chance) {
        let mut chance = Chance::new(seed);
        let mut plan = Plan::first(&mut chance);
        plan.add(&mut Chance::new(seed.rotate_left(32)));
        plan.add_what_people_settle(&mut Chance::new(seed.rotate_left(16)));
        plan.add_copies(&mut Chance::new(seed.rotate_left(48)));
        (plan, chance)
    }

    fn first(chance: &mut Chance) -> Plan {
        let devices = chance.between(2, 5) as usize;
        let people = if devices > 2 && chance.happens(0.3) { 2 } else { 1 };
        let span = chance.between(3, 30) * MINUTE;
        let mut some = |most: f64| if chance.happens(0.45) { chance.part() * most } else { 0.0 };
        let mut plan = Plan {
            devices,
            people,
            tabs: vec![1; devices],
            span,
            operations: 0,
            lost_request: some(0.3),
            lost_reply: some(0.5),
            late: some(0.2),
            twice: some(0.3),
            refused_call: some(0.25),
            garbled: some(0.15),
            held_commit: some(0.2),
            lost_ring: some(1.0),
            kill: some(0.04),
            lost_refresh: some(0.6),
            kill_after_edit: some(0.05),
            bad_rows: some(0.08),
            big_notes: some(0.01),
            token: HOUR,
            skews: Vec::new(),
            troubles: Vec::new(),
            strategies: vec![Strategy::default(); devices],
            choices: 0.0,
            public_notes: false,
            old_backup: false,
            portal_statuses: false,
            told_at_the_end: chance.happens(0.5),
        };
        plan.operations = chance.between(150, 250) as usize;
        if chance.happens(0.3) {
            plan.token = chance.between(100, 400) * SECOND;
        }
        let skewed = chance.happens(0.4);
        plan.skews = (0..devices)
            .map(|_| match chance.below(5) {
                _ if !skewed => 0,
                0 => chance.between(-365, 365) * DAY,
                1 => chance.between(-120, 120) * MINUTE,
                2 => 0,
                _ => chance.between(-5000, 5000) * 1000,
            })
            .collect();
        plan.troubles = troubles(chance, devices, span);
        plan
    }

    /// Kinds that came later: by a chance of their own, so that they do not turn the rest of the history.
    fn add(&mut self, chance: &mut Chance) {
        if chance.happens(0.4) {
            self.tabs.iter_mut().for_each(|tabs| *tabs = chance.between(1, 3) as usize);
        }
        let span = self.span;
        let kinds: [fn(&mut Chance, usize, i64) -> Trouble; 4] = [
            |c, device, span| Trouble::FullDisk { device, long: c.between(SECOND, span / 2) },
            |_, device, _| Trouble::Damage { device },
            |_, device, _| Trouble::Upgrade { device },
            |_, _, _| Trouble::Sight,
        ];
        for kind in kinds {
            if !chance.happens(0.2) {
                continue;
            }
            for _ in 0..chance.between(1, 3) {
                let device = chance.below(self.devices);
                self.troubles.push((chance.between(0, span), kind(chance, device, span)));
            }
        }
        self.troubles.sort_by_key(|(at, _)| *at);
    }

    /// As [`Plan::add`]: settings, the pages of conflicts and of refused edits, public notes, portals of every status, tokens that hardly last.
    fn add_what_people_settle(&mut self, chance: &mut Chance) {
        if chance.happens(0.35) {
            let all = [Strategy::Fields, Strategy::NewestRow, Strategy::Ask];
            self.strategies.iter_mut().for_each(|strategy| *strategy = *chance.of(&all));
        }
        if chance.happens(0.35) {
            self.choices = chance.part() * 0.3;
        }
        self.public_notes = chance.happens(0.25);
        self.portal_statuses = chance.happens(0.5);
        if chance.happens(0.15) {
            self.token = chance.between(15, 99) * SECOND;
        }
        self.old_backup = chance.happens(0.4);
    }

    /// As [`Plan::add`]: profiles that are copied.
    fn add_copies(&mut self, chance: &mut Chance) {
        if !chance.happens(0.15) {
            return;
        }
        for _ in 0..chance.between(1, 2) {
            let (from, device) = (chance.below(self.devices), chance.below(self.devices));
            self.troubles.push((chance.between(self.span / 20, self.span), Trouble::Copied { from, device }));
        }
        self.troubles.sort_by_key(|(at, _)| *at);
    }

    /// Does somebody's word decide what stands?
    pub fn is_settled_by_people(&self) -> bool {
        self.choices > 0.0 || self.strategies.contains(&Strategy::Ask)
    }

    /// The kinds of fault in it, each by its name; troubles by their place in the list as well.
    pub fn kinds(&self) -> Vec<String> {
        let troubles = self.troubles.iter().enumerate().map(|(n, _)| format!("trouble {n}"));
        let names = [
            "lost_request",
            "lost_reply",
            "late",
            "twice",
            "refused_call",
            "garbled",
            "held_commit",
            "lost_ring",
            "kill",
            "lost_refresh",
            "kill_after_edit",
            "bad_rows",
            "big_notes",
            "short_token",
            "skew",
            "tabs",
            "strategies",
            "choices",
            "public_notes",
            "old_backup",
            "portal_statuses",
        ];
        names.into_iter().map(str::to_owned).chain(troubles).collect()
    }

    /// Leaves out a kind of fault.
    pub fn leave_out(&mut self, kind: &str) {
        match kind {
            "lost_request" => self.lost_request = 0.0,
            "lost_reply" => self.lost_reply = 0.0,
            "late" => self.late = 0.0,
            "twice" => self.twice = 0.0,
            "refused_call" => self.refused_call = 0.0,
            "garbled" => self.garbled = 0.0,
            "held_commit" => self.held_commit = 0.0,
            "lost_ring" => self.lost_ring = 0.0,
            "kill" => self.kill = 0.0,
            "lost_refresh" => self.lost_refresh = 0.0,
            "kill_after_edit" => self.kill_after_edit = 0.0,
            "bad_rows" => self.bad_rows = 0.0,
            "big_notes" => self.big_notes = 0.0,
            "short_token" => self.token = HOUR,
            "skew" => self.skews.fill(0),
            "tabs" => self.tabs.fill(1),
            "strategies" => self.strategies.fill(Strategy::default()),
            "choices" => self.choices = 0.0,
            "public_notes" => self.public_notes = false,
            "old_backup" => self.old_backup = false,
            "portal_statuses" => self.portal_statuses = false,
            name => match name.strip_prefix("trouble ").and_then(|n| n.parse::<usize>().ok()) {
                // Out of reach of the time in which troubles happen.
                Some(n) => self.troubles[n].0 = i64::MAX / 2,
                None => {
                    for (at, trouble) in &mut self.troubles {
                        if format!("{trouble:?}").to_lowercase().starts_with(name) {
                            *at = i64::MAX / 2;
                        }
                    }
                }
            },
        }
    }

    /// Nothing goes wrong.
    pub fn quiet(devices: usize, span: i64, operations: usize) -> Plan {
        Plan {
            devices,
            people: 1,
            tabs: vec![1; devices],
            span,
            operations,
            lost_request: 0.0,
            lost_reply: 0.0,
            late: 0.0,
            twice: 0.0,
            refused_call: 0.0,
            garbled: 0.0,
            held_commit: 0.0,
            lost_ring: 0.0,
            kill: 0.0,
            lost_refresh: 0.0,
            kill_after_edit: 0.0,
            bad_rows: 0.0,
            big_notes: 0.0,
            token: HOUR,
            skews: vec![0; devices],
            troubles: Vec::new(),
            strategies: vec![Strategy::default(); devices],
            choices: 0.0,
            public_notes: false,
            old_backup: false,
            portal_statuses: false,
            told_at_the_end: true,
        }
    }
}

fn troubles(chance: &mut Chance, devices: usize, span: i64) -> Vec<(i64, Trouble)> {
    let mut troubles = Vec::new();
    let kinds: [fn(&mut Chance, usize, i64) -> Trouble; 17] = [
        |c, device, span| Trouble::Outage { device, long: c.between(SECOND, span / 2), said: c.happens(0.5) },
        |c, device, _| Trouble::Portal { device, long: c.between(SECOND, 3 * MINUTE) },
        |c, _, span| Trouble::ServerDown { long: c.between(SECOND, span / 4) },
        |c, device, _| Trouble::ClockJump {
            device,
            by: match c.below(4) {
                0 => c.between(-365, 365) * DAY,
                1 => c.between(-3600, 3600) * SECOND,
                2 => -c.between(1, 3_000_000),
                _ => c.between(1, 3_000_000),
            },
        },
        |c, device, span| Trouble::Sleep { device, long: c.between(SECOND, span / 2) },
        |c, device, span| Trouble::Throttle { device, long: c.between(SECOND, span / 2) },
        |_, device, _| Trouble::KillTab { device },
        |c, device, _| Trouble::Stolen { device, long: c.between(SECOND, 2 * MINUTE) },
        |c, _, _| Trouble::OldApp { long: c.between(SECOND, 3 * MINUTE) },
        |c, device, span| Trouble::Close { device, long: c.between(SECOND, span / 2) },
        |_, device, _| Trouble::Evict { device },
        |_, _, _| Trouble::Purge,
        |_, device, _| Trouble::BellDown { device },
        |_, device, _| Trouble::WrongRing { device },
        |c, device, _| Trouble::SessionEnd { device, long: c.between(SECOND, 4 * MINUTE) },
        |c, device, _| Trouble::OtherSession { device, long: c.between(SECOND, 4 * MINUTE) },
        |_, device, _| Trouble::Flicker { device },
    ];
    for kind in kinds {
        if !chance.happens(0.3) {
            continue;
        }
        for _ in 0..chance.between(1, 3) {
            let device = chance.below(devices);
            troubles.push((chance.between(0, span), kind(chance, device, span)));
        }
    }
    if chance.happens(0.15) {
        let at = chance.between(0, span / 2);
        troubles.push((at, Trouble::Backup));
        troubles.push((chance.between(at, span), Trouble::Restore));
    }
    troubles.sort_by_key(|(at, _)| *at);
    troubles
}
