//! The hybrid clock: a stamp is later than every stamp this device has seen, and never far ahead of the server's time, whatever this
//! device's clock says. (Kulkarni et al., *Logical Physical Clocks*, 2014; the bound is the server's, `sync_stamp`.)
//!
//! Knows rows and the outbox. Must not know when the server's time is heard.

use rusqlite::Connection;
use serde_json::Value;

use super::error::StoreError;
use super::meta::{self, Values};
use super::row::{self, Row};
use super::{Store, outbox};
use crate::domain::time::Timestamp;
use crate::remedies::{Remedy, on};

/// The server cuts stamps that are further ahead of its clock than this.
const MOST_AHEAD: i64 = 5 * 60 * 1_000_000;

/// What the server said of the time counts for so long: later, this device's clock may have been set, and nobody has noticed.
const HEARD_FOR: i64 = 10 * 60 * 1_000_000;

/// What the server's clock said, and this device's at that moment.
#[derive(Clone, Copy, Debug)]
pub(super) struct Heard {
    server: Timestamp,
    here: Timestamp,
}

/// Raises the hybrid clock to `seen` (the stamp of a remote row), so that later local edits are stamped later than it.
pub fn raise_clock(conn: &Connection, seen: Timestamp) -> Result<(), StoreError> {
    if on(Remedy::HybridClock) && last_stamp(conn)?.is_none_or(|last| last < seen) {
        meta::set(conn, meta::HLC, &seen.to_string())?;
    }
    Ok(())
}

pub(super) fn last_stamp(values: &impl Values) -> Result<Option<Timestamp>, StoreError> {
    // An unreadable value counts as none: the clock then starts from the present.
    Ok(meta::get(values, meta::HLC)?.and_then(|text| text.parse().ok()))
}

/// What a stamp of this device's clock was by the server's.
struct Correction {
    /// The server's time.
    server: Timestamp,
    /// This device's clock is so far ahead of it.
    ahead: i64,
}

impl Correction {
    fn latest(&self) -> Timestamp {
        self.server.plus_micros(MOST_AHEAD)
    }

    /// No stamp that is about right is touched. (If the clock was set back since, the server's time is the best that is known.)
    fn of(&self, stamp: Timestamp) -> Timestamp {
        if stamp <= self.latest() { stamp } else { stamp.plus_micros(-self.ahead).min(self.server) }
    }

    /// An earlier state of the row that was sent, and never answered, may be on the server, with its stamp, or with that cut: not later than this.
    /// What was edited since is later than that.
    fn cut_of_sent(&self, row: &Row, images: &[Row]) -> Option<Timestamp> {
        let before = images.iter().filter(|image| row::stamp(image) < row::stamp(row));
        let stamps = before.filter_map(|image| row::stamp(image).parse::<Timestamp>().ok());
        stamps.map(|stamp| stamp.min(self.latest())).max()
    }

    /// Corrects the stamp of a row or of what was sent of it, which stays later than what it was made from. Was there anything to correct?
    fn correct(&self, row: &mut Row, after: Option<Timestamp>) -> bool {
        let Ok(stamp) = row::stamp(row).parse::<Timestamp>() else { return false };
        let by_server = match after {
            // Earlier than what it was made from: the clock was changed since, and nobody knows when it was.
            Some(after) if self.of(stamp) <= after => self.server.max(after.plus_micros(1)),
            _ => self.of(stamp),
        };
        let stands = by_server.min(stamp);
        row.insert("last_modified_at".to_owned(), stands.to_string().into());
        stands != stamp
    }
}

impl Store {
    /// By the server's clock it is `server` at most, while this device's says `now`. Of unsent edits made by a clock that is far ahead, the
    /// stamps are set to what they were by the server's clock: else they would win over every edit made since.
    pub fn heed_time(&mut self, server: Timestamp, now: Timestamp) -> Result<(), StoreError> {
        self.heard = Some(Heard { server, here: now });
        self.correct_stamps(server, now)
    }

    /// Before edits are sent: stamps that the server would cut are set as above, as far as its time is known. Then it keeps what is sent as it is, and
    /// who has seen and replaced that is later to this device as well, should the answer be lost.
    pub(in crate::store) fn heed_time_before_sending(&mut self, now: Timestamp) -> Result<(), StoreError> {
        let Some(Heard { server, here }) = self.heard else { return Ok(()) };
        let passed = now.micros() - here.micros();
        if !(0..=HEARD_FOR).contains(&passed) || here.micros() - server.micros() <= MOST_AHEAD {
            return Ok(());
        }
        self.correct_stamps(server.plus_micros(passed), now)
    }

    fn correct_stamps(&mut self, server: Timestamp, now: Timestamp) -> Result<(), StoreError> {
        let correction = Correction { server, ahead: (now.micros() - server.micros()).max(0) };
        if last_stamp(&*self.seen()?)?.is_none_or(|last| last <= correction.latest()) || !on(Remedy::HybridClock) {
            return Ok(());
        }
        self.apply_remote(now, |edit| {
            let conn = edit.conn();
            meta::set(conn, meta::HLC, &correction.latest().to_string())?;
            for entry in outbox::entries(conn, "true", [])? {
                let base: Option<Timestamp> = entry.base.as_ref().and_then(|base| row::stamp(base).parse().ok());
                let mut images = entry.sent.clone();
                if let Some(mut row) = row::read(conn, entry.table, &entry.id)? {
                    let after = base.max(correction.cut_of_sent(&row, &images));
                    if correction.correct(&mut row, after) {
                        let stamp = row.remove("last_modified_at").unwrap_or(Value::Null);
                        row::update(conn, entry.table, &entry.id, &crate::row! { "last_modified_at": stamp })?;
                    }
                }
                let mut changed = false;
                for image in &mut images {
                    changed |= correction.correct(image, base);
                }
                if changed {
                    outbox::keep_sent(conn, &entry, &images)?;
                }
            }
            Ok(())
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn stamps_far_ahead_are_set_to_the_servers_time() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let server = at("2026-09-21T12:00:00.000000Z");
        let year = 365 * 86_400_000_000;
        let correction = Correction { server, ahead: year };
        let row = |stamp: Timestamp| crate::row! { "last_modified_at": stamp.to_string() };
        let corrected = |stamp, after| {
            let mut row = row(stamp);
            correction.correct(&mut row, after);
            at(row::stamp(&row))
        };
        let hour_ago = server.plus_micros(-3_600_000_000);
        assert_eq!(corrected(hour_ago.plus_micros(year), None), hour_ago);
        assert_eq!(corrected(hour_ago, None), hour_ago, "one that is right stays");
        let base = server.plus_micros(-60_000_000);
        assert_eq!(
            corrected(hour_ago.plus_micros(year), Some(base)),
            server,
            "later than what it was made from, at any rate"
        );
        assert_eq!(corrected(server.plus_micros(2 * year), None), server, "never later than now");
        let (sent, edited) = (row(server.plus_micros(year)), row(server.plus_micros(year + 1)));
        assert_eq!(correction.cut_of_sent(&sent, std::slice::from_ref(&sent)), None);
        let cut = correction.cut_of_sent(&edited, &[sent]);
        assert_eq!(
            corrected(server.plus_micros(year + 1), cut),
            correction.latest().plus_micros(1),
            "later than what the server may have made of the state before"
        );
        // The state before had been set right, to a time that the server's answer, which was long on its way, does not reach.
        let sent = server.plus_micros(1_000_000);
        let stamp = server.plus_micros(year - 10_000_000);
        let after = correction.cut_of_sent(&row(stamp), &[row(sent)]);
        assert_eq!(corrected(stamp, after), sent.plus_micros(1), "two states of a row never have one stamp");
    }
}
