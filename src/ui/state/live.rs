//! Questions that follow the database: asked again when what they are about changes, with the last answer on the screen meanwhile.

use std::collections::HashMap;

use leptos::prelude::*;
use leptos::task::spawn_local;

use super::App;
use crate::store::schema::Table;
use crate::worker::protocol::{Failure, Request, Response};

/// A list or an object that follows the database.
pub struct Live<T: Send + Sync + 'static> {
    /// The last answer; `None` until the first.
    pub value: RwSignal<Option<T>>,
    /// Why the last question failed.
    pub failure: RwSignal<Option<Failure>>,
    asked: RwSignal<u32>,
}

impl<T: Send + Sync + 'static> Live<T> {
    /// Asks once more.
    pub fn again(self) -> Callback<()> {
        Callback::new(move |()| {
            self.asked.try_update(|asked| *asked += 1);
        })
    }
}

impl<T: Send + Sync + 'static> Clone for Live<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: Send + Sync + 'static> Copy for Live<T> {}

impl App {
    /// A number that grows when rows of `tables` change.
    pub fn revision(self, tables: &'static [Table]) -> Memo<u32> {
        Memo::new(move |_| self.revisions.with(|r| tables.iter().filter_map(|t| r.get(t)).sum::<u32>()))
    }

    /// A query that follows the database: asked again when what `request` reads changes, or rows of `tables` do. `request` may say
    /// `None`: nothing to ask yet. `take` picks the expected answer.
    pub fn live<T: Send + Sync + 'static, R: Into<Request> + 'static>(
        self,
        tables: &'static [Table],
        request: impl Fn() -> Option<R> + 'static,
        take: impl Fn(Response) -> Option<T> + Copy + 'static,
    ) -> Live<T> {
        let live = Live { value: RwSignal::new(None), failure: RwSignal::new(None), asked: RwSignal::new(0) };
        let revision = self.revision(tables);
        let wanted = StoredValue::new(0_u32);
        Effect::new(move |_| {
            // Read, not only tracked: a memo that nobody read follows nothing.
            revision.get();
            live.asked.track();
            let Some(request) = request() else { return };
            let ticket = wanted.get_value() + 1;
            wanted.set_value(ticket);
            spawn_local(async move {
                let answer = self.call(request).await;
                // The page may be gone, or a newer question on its way.
                if wanted.try_get_value() != Some(ticket) {
                    return;
                }
                match answer {
                    Ok(response) => {
                        live.failure.try_set(None);
                        if let Some(value) = take(response) {
                            live.value.try_set(Some(value));
                        }
                    }
                    Err(failure) => {
                        live.failure.try_set(Some(failure));
                    }
                }
            });
        });
        live
    }
}

/// Counts that rows of `tables` have changed.
pub(super) fn changed(revisions: RwSignal<HashMap<Table, u32>>, tables: &[Table]) {
    revisions.update(|all| tables.iter().for_each(|table| *all.entry(*table).or_default() += 1));
}
