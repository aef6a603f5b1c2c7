//! Pages of a pull: stored, in parts where others wait, and told to the interface once all of it is here.

use super::gaps::MOST_GAP_LOOKS;
use super::{Effect, Engine, Gaps, PAGE};
use crate::domain::time::Timestamp;
use crate::remedies::{Remedy, on};
use crate::store::StoreError;
use crate::store::apply::Page;
use crate::store::schema::Table;
use crate::store::sync_state;
use crate::sync::backoff::Dice;
use crate::sync::lane::RequestId;
use crate::sync::store::SyncStore;

impl Engine {
    /// More of the page that was begun.
    pub(super) fn go_on(
        &mut self,
        asked: bool,
        store: &mut dyn SyncStore,
        now: Timestamp,
        dice: &mut dyn Dice,
        out: &mut Vec<Effect>,
    ) {
        let Some((id, since, rest)) = self.pull.take_rest() else { return };
        self.part.stored(since, now, asked);
        let taken = match store.takes_parts(self.reader()) {
            Ok(true) => self.take_part(id, rest, true, store, now, out),
            // Since the first part it has been decided that everything comes anew.
            Ok(false) => {
                self.pull.want(now);
                Ok(())
            }
            Err(error) => Err(error),
        };
        if let Err(error) = taken {
            self.store_failed(false, &error, now, dice);
        }
    }

    /// The first part of what is left of a page; the call goes on until all of it is stored.
    pub(super) fn take_part(
        &mut self,
        id: RequestId,
        page: Page,
        in_parts: bool,
        store: &mut dyn SyncStore,
        now: Timestamp,
        out: &mut Vec<Effect>,
    ) -> Result<(), StoreError> {
        let (part, rest) = page.split(if in_parts { self.part.rows } else { usize::MAX });
        if self.take_page(&part, store, now, out)?
            && let Some(rest) = rest
        {
            self.pull.go_on(id, rest, now);
            out.push(Effect::GiveWay);
        }
        Ok(())
    }

    /// Does the same page go on after it?
    fn take_page(
        &mut self,
        page: &Page,
        store: &mut dyn SyncStore,
        now: Timestamp,
        out: &mut Vec<Effect>,
    ) -> Result<bool, StoreError> {
        let outcome = store.apply_page(self.reader(), page, now)?;
        self.unpublished.extend(outcome.changed);
        if self.paged_as.replace(self.reader()) != Some(self.reader()) {
            self.gaps = Gaps { possible: self.gaps.possible, ..Gaps::default() };
            if outcome.resumed {
                // Earlier pages may have been another tab's, or of an earlier session, and nobody has been told of them; what was heard
                // of since lies beyond the bound of their pull.
                self.once_more = true;
                self.unpublished.extend(Table::ALL.into_iter().filter(|table| table.is_synced()));
            }
        }
        self.gaps.possible |= outcome.loose;
        // Also where it starts over: until it has gone through, parents may be missing.
        self.paging = outcome.unfinished;
        self.caught_up &= !outcome.unfinished;
        if !on(Remedy::PublishedOnce) {
            self.publish(out);
        }
        if page.partly && !outcome.restarted {
            return Ok(true);
        }
        let gone_through = !outcome.unfinished || (page.has_more && !on(Remedy::PagesToTheEnd));
        if outcome.restarted || !gone_through {
            self.once_more |= self.pull.is_wanted();
            self.pull.want(now);
            return Ok(false);
        }
        if std::mem::take(&mut self.once_more) {
            self.pull.want(now);
        }
        // A ring during the pull has left a wish behind: then it has not caught up.
        self.caught_up = !self.pull.is_wanted();
        self.pull.ended = Some(now);
        if std::mem::take(&mut self.met_another_history) {
            self.push.backoff.reset();
        }
        self.page_limit = PAGE;
        self.publish_whole(store, now, out)?;
        Ok(false)
    }

    /// Tells the interface of what has changed, once every parent is here. Where one is missing, another pull is wanted first; not
    /// for ever, since a parent may be out of this person's sight for good.
    pub(super) fn publish_whole(
        &mut self,
        store: &mut dyn SyncStore,
        now: Timestamp,
        out: &mut Vec<Effect>,
    ) -> Result<(), StoreError> {
        if self.gaps.possible && !self.unpublished.is_empty() {
            let known = store.gaps()?;
            let counted = |table: &Table| known.accepted > 0 || self.unpublished.contains(table);
            let tables: Vec<Table> = Table::ALL.into_iter().filter(counted).collect();
            let open = store.dangling(&tables)?;
            let waits = self.gaps.is_waiting(now);
            if open > known.accepted && (waits || self.gaps.looks < MOST_GAP_LOOKS) && on(Remedy::PublishedOnce) {
                self.caught_up = false;
                let next = self.gaps.next.filter(|_| waits).unwrap_or_else(|| self.gaps.look_again(now));
                self.pull.want(next);
                return if known.waiting {
                    Ok(())
                } else {
                    store.set_gaps(sync_state::Gaps { waiting: true, ..known })
                };
            }
            let accepted = sync_state::Gaps { accepted: open, waiting: false };
            if accepted != known {
                store.set_gaps(accepted)?;
            }
            self.gaps = Gaps::default();
        }
        self.publish(out);
        Ok(())
    }

    /// Tells the interface of what the pages have changed.
    fn publish(&mut self, out: &mut Vec<Effect>) {
        if !self.unpublished.is_empty() {
            out.push(Effect::Changed(std::mem::take(&mut self.unpublished).into_iter().collect()));
        }
    }
}
