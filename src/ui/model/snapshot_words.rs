//! The words about snapshots: before what one was made, how large it is, what going back would do or did. Pure.

use super::locale::{self, Form, counted, number};
use crate::domain::snapshot::{Snapshot, Why};
use crate::domain::time::Zone;
use crate::ui::text::{say, t};
use crate::worker::protocol::IntakeAnswer;

/// When it was made: “12 Mar 2026, 14:05”.
pub fn when(snapshot: &Snapshot, zone: &impl Zone) -> String {
    format!("{}, {}", locale::date(zone.date_at(snapshot.at), Form::Day), locale::time(snapshot.at, zone))
}

/// Before what.
pub fn why(why: Why) -> &'static str {
    match why {
        Why::Upgrade => t("Before the app was updated"),
        Why::File => t("Before a file was taken in"),
        Why::Tunes => t("Before many tunes were brought in"),
        Why::GoingBack => t("Before going back to a snapshot"),
    }
}

/// “640 kB”, “2.4 MB”.
pub fn size(bytes: u64) -> String {
    match bytes {
        0..=999 => t("under 1 kB").to_owned(),
        1_000..=999_999 => say!("{size} kB", size = bytes / 1_000),
        _ => {
            say!("{size}.{tenths} MB", size = number((bytes / 1_000_000) as i64), tenths = bytes % 1_000_000 / 100_000)
        }
    }
}

/// What going back would do, or did.
pub fn summary(answer: &IntakeAnswer) -> String {
    let sum = |count: fn(&crate::worker::protocol::IntakeTable) -> u32| answer.tables.iter().map(count).sum::<u32>();
    let (away, back, changed) = (sum(|t| t.removed), sum(|t| t.added + t.revived), sum(|t| t.replaced));
    let entries = |count: u32| counted(i64::from(count), "entry");
    let mut parts = Vec::new();
    for (count, future, past) in [
        (away, t("take away what was made since"), t("what was made since is taken away")),
        (back, t("bring back what was deleted since"), t("what was deleted since is back")),
        (changed, t("set back what was changed since"), t("what was changed since is set back")),
    ] {
        if count > 0 {
            parts.push(format!("{} ({})", if answer.done { past } else { future }, entries(count)));
        }
    }
    let last = parts.pop();
    match (last, answer.done) {
        (None, false) => t("Everything is as it was then: there is nothing to go back to.").to_owned(),
        (None, true) => t("Nothing was changed: everything was as it was then.").to_owned(),
        (Some(last), done) => {
            let all = if parts.is_empty() { last } else { say!("{parts} and {last}", parts = parts.join(", "), last) };
            if done { say!("Done: {all}.", all) } else { say!("Going back would {all}.", all) }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::store::schema::Table;
    use crate::worker::protocol::{IntakeKind, IntakeTable};

    #[test]
    fn a_snapshot_says_when_why_and_how_large() {
        let one = Snapshot { id: 1, at: "2026-03-12T14:05:09Z".parse().unwrap(), why: Why::Upgrade, bytes: 2_449_999 };
        assert_eq!(when(&one, &chrono::Utc), "12 Mar 2026, 14:05");
        assert_eq!([size(12), size(640_499), size(one.bytes)], ["under 1 kB", "640 kB", "2.4 MB"]);
    }

    #[test]
    fn going_back_says_what_goes_and_what_comes() {
        let table = |removed, added, replaced| IntakeTable {
            table: Table::Note,
            in_file: 9,
            added,
            replaced,
            revived: 0,
            removed,
            present: 0,
            left_out: 0,
            remarks: Vec::new(),
        };
        let answer = |done, tables| IntakeAnswer {
            file: "Snapshot".into(),
            kind: IntakeKind::Snapshot { made: None },
            done,
            tables,
        };
        assert_eq!(
            summary(&answer(false, vec![table(3, 0, 0), table(1, 1, 2)])),
            "Going back would take away what was made since (4 entries), bring back what was deleted since (1 entry) and set back what was changed since (2 entries)."
        );
        assert_eq!(summary(&answer(true, vec![table(1, 0, 0)])), "Done: what was made since is taken away (1 entry).");
        assert!(summary(&answer(false, vec![table(0, 0, 0)])).contains("nothing to go back to"));
    }
}
