//! What is asked in a tab: on its way to the tab that owns the database, carried out there once, answered.

use chrono::Utc;
use tunetrees::store::calls::Call;
use tunetrees::sync::engine::Event;
use tunetrees::worker::protocol::{Failure, FromWorker, Request, Response, ToWorker};
use tunetrees::worker::requests;

use super::PageEvent;
use crate::happening::Happening;
use crate::world::World;

impl World<'_> {
    /// Which tab the person works in: one that hears her. True: it is the owner.
    pub fn some_page(&mut self, device: usize) -> Option<(u32, bool)> {
        let pages = self.devices[device].pages.as_ref()?;
        let able: Vec<u32> =
            pages.pages.iter().filter(|(_, page)| !page.frozen && !page.hung).map(|(n, _)| *n).collect();
        if able.is_empty() {
            return None;
        }
        let name = *self.chance.of(&able);
        Some((name, self.pages(device).worker == Some(name)))
    }

    /// Asks the database for something in that tab.
    pub fn ask_in_page(&mut self, device: usize, name: u32, request: Request) {
        let Some(page) = self.pages(device).pages.get_mut(&name) else { return };
        let (id, effects) = page.tab.call(request);
        page.asked.insert(id);
        self.tally.calls += 1;
        self.trace
            .note(self.now, Some(device), "asks", &[i64::from(name), i64::from(id)], || format!("tab {name}: {id}"));
        self.page_does(device, name, effects);
    }

    /// The page hears what came of a call.
    pub(super) fn page_is_answered(&mut self, device: usize, name: u32, id: u32, result: &Result<Response, Failure>) {
        let pages = self.pages(device);
        let Some(page) = pages.pages.get_mut(&name) else { return };
        page.asked.remove(&id);
        let carried_out = pages.carried_out.contains_key(&(page.tab.id(), id));
        let words = match result {
            Ok(_) if !carried_out => {
                return self.fail(format!("device {device}: tab {name} was told that {id} is done, and it is not"));
            }
            Ok(_) => "done".to_owned(),
            Err(failure) => {
                self.tally.unsure += u64::from(matches!(failure, Failure::Unsure));
                failure.to_string()
            }
        };
        self.trace.note(self.now, Some(device), "answer", &[i64::from(name), i64::from(id)], || {
            format!("tab {name}: {id} {words}")
        });
    }

    /// A word reaches the worker that owns the database, if there is one.
    pub(super) fn worker_hears(&mut self, device: usize, from: u32, to: u64, word: Box<ToWorker>) {
        if self.pages(device).is_hung() {
            let what = PageEvent::Says { from, to, word };
            return self.pages(device).unheard.push(Happening::Page { device, what });
        }
        let here = &mut self.devices[device];
        let Some(life) = here.tab.as_ref().map(|tab| tab.life) else { return };
        if to != life {
            return;
        }
        match *word {
            ToWorker::Hello => self.say_ready(device, Some(from)),
            ToWorker::Call { tab, id, oldest, again, request } => {
                let call = Call { tab: tab.0, id, oldest };
                let now = here.clock(self.now);
                self.edit_in_little_room(device);
                let here = &mut self.devices[device];
                let store = here.disk.as_mut().unwrap();
                let repeated = again && store.call_done(call).unwrap().is_some();
                let result = requests::answer_call(store, call, again, request, now, &Utc);
                self.limit_again(device);
                self.tally.repeated += u64::from(repeated);
                let disk = self.devices[device].disks;
                let written = self.oracle.collect(device, disk, self.now, self.devices[device].store());
                let wrote = !written.is_empty();
                let text = || format!("{id} of tab {from}: {}", written.join(", "));
                self.trace.note(self.now, Some(device), "calls", &[i64::from(id), i64::from(wrote)], text);
                let before = self.pages(device).carried_out.entry((tab, id)).or_insert(false);
                if std::mem::replace(before, *before || wrote) && wrote {
                    return self.fail(format!("device {device}: call {id} of tab {from} was carried out twice"));
                }
                if wrote {
                    self.tally.edits += 1;
                    self.tally.writes += written.len() as u64;
                    // Carried out, and killed before anybody heard of it.
                    if self.faults && self.chance.happens(self.plan.kill_after_edit.max(0.02)) {
                        self.tally.kills_after_edit += 1;
                        return self.tab_dies(device);
                    }
                    self.tell(device, Event::LocalEdit);
                }
                if self.devices[device].tab.as_ref().is_some_and(|tab| tab.life == life) {
                    let answer = Box::new(FromWorker::Answer { tab, id, result });
                    self.will_hear(device, from, answer);
                }
            }
            _ => {}
        }
    }
}
