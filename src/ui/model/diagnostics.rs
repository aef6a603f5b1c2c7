//! A report about the sync that a person can send to whoever helps her: versions, numbers, codes, states. Nothing she has written, no
//! address, no token.

use std::fmt::Write;

use crate::domain::time::Timestamp;
use crate::store::attention::Facts;
use crate::sync::status::SyncStatus;
use crate::worker::protocol::StorageMode;

/// What the report is made from.
pub struct Report<'a> {
    /// Version of the app.
    pub version: &'a str,
    /// Hash of its sources.
    pub build: &'a str,
    /// What the browser calls itself.
    pub browser: &'a str,
    /// Where the data lie.
    pub storage: Option<StorageMode>,
    /// Has the browser agreed to keep them?
    pub persisted: Option<bool>,
    /// Does the browser believe in a network?
    pub online: bool,
    /// The engine's state.
    pub status: &'a SyncStatus,
    /// The database's.
    pub facts: &'a Facts,
    /// The time.
    pub now: Timestamp,
}

/// The report as text.
pub fn text(report: &Report<'_>) -> String {
    let Report { status, facts, .. } = report;
    let mut out = String::new();
    // Writing into a String cannot fail.
    let mut line = |name: &str, value: String| {
        let _ = writeln!(out, "{name}: {value}");
    };
    let time = |at: Option<Timestamp>| at.map_or_else(|| "never".to_owned(), |at| at.to_string());
    line("TuneTrees", format!("{} ({})", report.version, report.build));
    line("Time", report.now.to_string());
    line("Browser", report.browser.to_owned());
    line("Network, says the browser", if report.online { "yes" } else { "no" }.to_owned());
    line("Storage", report.storage.map_or_else(|| "not open".to_owned(), |mode| format!("{mode:?}")));
    line("Kept when space runs short", report.persisted.map_or_else(|| "unknown".to_owned(), |yes| yes.to_string()));
    line("Database", format!("schema {}, {} kB", facts.schema, facts.bytes.div_ceil(1024)));
    line("State", format!("{:?}, live updates {}", status.phase, if status.doorbell { "on" } else { "off" }));
    line("Pending", format!("{}, on the way {}, most attempts {}", status.pending, status.in_flight, facts.attempts));
    line("Refused", status.refused.to_string());
    let [undecided, settled, reviewed] = facts.conflicts;
    line("Conflicts", format!("{undecided} undecided, {settled} settled, {reviewed} seen ({})", facts.strategy));
    line("Last push", time(status.last_push));
    line("Last pull", time(status.last_pull));
    line("Next attempt", status.next_attempt.map_or_else(|| "none planned".to_owned(), |at| at.to_string()));
    line("Last problem", status.last_error.as_deref().map_or_else(|| "none".to_owned(), scrubbed));
    line("Rows put aside", facts.aside.to_string());
    line("Cursor", if facts.has_cursor { "yes" } else { "none" }.to_owned());
    line("Comparing everything", facts.comparing.to_string());
    for (table, status, code, count) in &facts.outbox {
        let code = if code.is_empty() { String::new() } else { format!(" {}", scrubbed(code)) };
        line(&format!("Outbox {table}"), format!("{count} {status}{code}"));
    }
    for (table, all, deleted) in &facts.rows {
        line(&format!("Rows {table}"), format!("{all}, {deleted} deleted"));
    }
    out
}

/// An error message without what might be personal in it: quoted texts, addresses, ids, tokens.
fn scrubbed(text: &str) -> String {
    let mut words = Vec::new();
    let mut quoted = None;
    for word in text.split_whitespace() {
        let mut kept = String::new();
        for letter in word.chars() {
            match (quoted, letter) {
                (None, '"' | '“' | '‘' | '«') => {
                    quoted = Some(match letter {
                        '“' => '”',
                        '‘' => '’',
                        '«' => '»',
                        other => other,
                    });
                    kept.push('…');
                }
                (Some(end), letter) if letter == end => quoted = None,
                (Some(_), _) => {}
                (None, letter) => kept.push(letter),
            }
        }
        let is_secret = kept.contains('@')
            || kept.contains("eyJ")
            || kept.contains("=(")
            || kept.trim_matches(|c: char| !c.is_alphanumeric()).len() >= 30;
        match (is_secret, kept.is_empty()) {
            (true, _) => words.push("…".to_owned()),
            (false, false) => words.push(kept),
            (false, true) => {}
        }
    }
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::schema::Table;

    #[test]
    fn a_message_keeps_its_sense_and_loses_its_secrets() {
        let cases = [
            ("The server did not answer within 30 seconds.", "The server did not answer within 30 seconds."),
            ("value \"The Abbey Reel\" is too long", "value … is too long"),
            ("Key (email)=(ann@example.com) already exists.", "Key … already exists."),
            ("bad jwt eyJhbGciOiJIUzI1NiJ9.e30.abc", "bad jwt …"),
            ("row 018f5c1e-7a3b-7c44-9d1e-2f6b1e7a5c10 is gone", "row … is gone"),
            ("cannot hold ‘my secret tune’ here", "cannot hold … here"),
        ];
        for (text, expected) in cases {
            assert_eq!(scrubbed(text), expected);
        }
    }

    #[test]
    fn the_report_has_the_numbers_and_no_more() {
        let status = SyncStatus {
            last_error: Some("The server answered 409 (23505): duplicate key \"Zoe\" for zoe@example.com".into()),
            refused: 2,
            ..SyncStatus::local_only()
        };
        let facts = Facts {
            schema: 4,
            rows: vec![(Table::Tune, 488, 1)],
            outbox: vec![("tune".into(), "refused".into(), "23505".into(), 2)],
            strategy: "ask".into(),
            ..Facts::default()
        };
        let report = Report {
            version: "0.1.0",
            build: "abc",
            browser: "Chrome",
            storage: Some(StorageMode::Opfs),
            persisted: Some(false),
            online: true,
            status: &status,
            facts: &facts,
            now: Timestamp::from_micros(0),
        };
        let text = text(&report);
        for part in [
            "TuneTrees: 0.1.0 (abc)",
            "Storage: Opfs",
            "Outbox tune: 2 refused 23505",
            "Rows tune: 488, 1 deleted",
            "(ask)",
        ] {
            assert!(text.contains(part), "{part} in {text}");
        }
        assert!(!text.to_lowercase().contains("zoe"), "{text}");
    }
}
