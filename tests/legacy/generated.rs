//! Legacy databases made by chance, with every kind of defect that is known and more, and a count of the kinds.

use std::collections::BTreeMap;

use rusqlite::Connection;
use rusqlite::types::{Value, ValueRef};
use tunetrees::legacy::catalogue::{Becomes, LegacyTable, TABLES};
use tunetrees::legacy::time;

/// Chance from a seed: the same database for the same seed.
pub struct Chance(pub u64);

impl Chance {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }

    fn of<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        &list[self.below(list.len() as u64) as usize]
    }
}

const TIMES: [&str; 26] = [
    "2024-12-31 11:47:57",
    "2024-12-31T11:47:57Z",
    "2024-12-31 06:47:57.671465-05:00",
    "2024-12-31 11:47:57.671465+00:00",
    "2024-12-31",
    "2024-12-31 11:47",
    "1969-12-31 23:59:59",
    "0001-01-01 00:00:00",
    "0001-01-01 00:00:00+12:00",
    "9999-12-31 23:59:59.999999",
    "9999-12-31 23:59:59-12:00",
    "2016-12-31 23:59:60",
    "2999-01-01 00:00:00",
    "2024-02-30",
    "2024-13-01 00:00:00",
    "2024-12-31 24:00:00",
    "0000-00-00",
    "T",
    "F",
    "yesterday",
    "",
    " ",
    "2024-12-31 11:47:57 Europe/Dublin",
    "1735645677",
    "12/31/2024",
    "2024-12-31T11:47:57.1234567890Z",
];

const WORDS: [&str; 22] = [
    "slow",
    "fast",
    "ITRAD",
    "Reel",
    "SM2",
    "FSRS",
    "recall",
    "scheduled",
    "practice",
    "full",
    "small",
    "website",
    "true",
    "false",
    "[\"1m\",\"10m\"]",
    "[60, 600]",
    "<script>alert(1)</script>",
    "a|b\n\tc\r\\N \\. 'x' \"y\"",
    "\\.",
    "Ὅμηρος 🎻 \u{feff}\u{fffd}\u{10ffff}",
    "nul \0 inside",
    "https://example.com/?a=1&b=2",
];

fn odd(chance: &mut Chance) -> Value {
    match chance.below(14) {
        0 | 1 => Value::Null,
        2 => {
            Value::Integer(*chance.of(&[0, 1, -1, 2, 5, 7, 1 << 31, -(1 << 31) - 1, i64::MAX, i64::MIN, 1_735_645_677]))
        }
        3 => Value::Real(*chance.of(&[0.0, -0.0, 0.5, 2.5, -1.5, 1e308, 5e-324, f64::INFINITY, 1.0, 3.0, 1e19])),
        4 => Value::Text("x".repeat(*chance.of(&[1, 2_500, 40_000]))),
        5 => Value::Blob(vec![0xff, 0xfe, b'a', 0x80, 0xe9]),
        6 => Value::Blob(vec![0, 1, 0xc3]),
        7 | 8 => Value::Text((*chance.of(&TIMES)).to_owned()),
        9 => Value::Text(
            chance.of(&["1", " 2 ", "03", "1.0", "-1", "9999999999", "1e3", "nan", "inf", "0x10"]).to_string(),
        ),
        _ => Value::Text((*chance.of(&WORDS)).to_owned()),
    }
}

/// What such a column mostly holds.
fn plain(chance: &mut Chance, table: &LegacyTable, column: &str) -> Value {
    let small = |chance: &mut Chance| Value::Integer(chance.below(6) as i64);
    match column {
        "email" => Value::Text(format!("u{}@example.com", chance.below(5))),
        "id" if matches!(table.name, "genre" | "tune_type") => Value::Text(chance.of(&WORDS[2..4]).to_string()),
        "id" | "playlist_id" | "tag_id" | "user_ref" | "tune_ref" | "playlist_ref" | "user_id" | "tune_id"
        | "private_for" | "private_to_user" | "instrument_ref" | "current_tune" | "quality" | "state" | "bucket" => {
            small(chance)
        }
        "easiness" | "stability" | "difficulty" | "request_retention" => Value::Real(chance.below(400) as f64 / 100.0),
        "interval" | "step" | "repetitions" | "lapses" | "elapsed_days" | "order_index" => {
            Value::Integer(chance.below(40) as i64)
        }
        "deleted" | "public" | "favorite" | "active" | "enable_fuzzing" => Value::Integer(chance.below(2) as i64),
        "practiced"
        | "due"
        | "learned"
        | "scheduled"
        | "current"
        | "created_date"
        | "window_start_utc"
        | "queue_date"
        | "generated_at"
        | "snapshot_coalesced_ts" => Value::Text((*chance.of(&TIMES[..6])).to_owned()),
        "genre" | "genre_default" | "genre_id" => Value::Text("ITRAD".to_owned()),
        "tune_type_id" => Value::Text("Reel".to_owned()),
        "alg_type" | "sr_alg_type" => Value::Text(chance.of(&["SM2", "FSRS"]).to_string()),
        "screen_size" => Value::Text(chance.of(&["small", "full"]).to_string()),
        "purpose" => Value::Text(chance.of(&["practice", "catalog"]).to_string()),
        _ => Value::Text((*chance.of(&WORDS)).to_owned()),
    }
}

/// A database of that seed: half of them with the keys that a real one has, half without any; columns and tables missing at times.
pub fn database(seed: u64) -> Connection {
    let chance = &mut Chance(seed);
    // What was thought of later throws dice of its own: a seed that found something once still makes the same rows.
    let later = &mut Chance(!seed);
    let db = Connection::open_in_memory().unwrap();
    let keyed = chance.below(2) == 0;
    // Some files are nearly right, some are nearly rubbish.
    let oddness = *chance.of(&[2, 10, 50]);
    let january = later.below(4) == 3;
    if later.below(4) == 0 {
        let others = "create table account (user_id integer, provider text); insert into account values (1, 'x'); create table cats (name)";
        db.execute_batch(others).unwrap();
    }
    for table in &TABLES {
        let required = ["user", "tune", "playlist", "playlist_tune", "practice_record", "note"].contains(&table.name);
        if !required && chance.below(10) == 0 {
            continue;
        }
        let mut columns: Vec<&str> = table
            .columns
            .iter()
            .map(|(column, _)| *column)
            .filter(|c| table.key.contains(c) || matches!(*c, "due" | "email") || chance.below(15) > 0)
            .collect();
        if january && columns.contains(&"review_date") {
            columns.retain(|column| *column != "due");
        }
        if later.below(12) == 0 {
            columns.push("colour");
        }
        fill(&db, table, &columns, keyed, oddness, chance, later);
        if table.name == "user" && later.below(3) == 0 {
            db.execute("update user set email = null where id in (2, 4)", []).unwrap();
        }
        // Bytes that are no UTF-8, in a value that says it is text: what a program with another encoding leaves.
        if later.below(2) == 0 {
            for column in &columns {
                let sql = format!(
                    "update or ignore \"{}\" set \"{column}\" = cast(\"{column}\" as text) where typeof(\"{column}\") = 'blob'",
                    table.name
                );
                // (A key that is a number cannot become one.)
                let _ = db.execute(&sql, []);
            }
        }
    }
    db
}

fn fill(
    db: &Connection,
    table: &LegacyTable,
    columns: &[&str],
    keyed: bool,
    oddness: u64,
    chance: &mut Chance,
    later: &mut Chance,
) {
    let one = table.key.len() == 1 && !matches!(table.name, "genre" | "tune_type");
    let list: Vec<String> = columns
        .iter()
        .map(|c| {
            if keyed && one && *c == table.key[0] { format!("\"{c}\" integer primary key") } else { format!("\"{c}\"") }
        })
        .collect();
    db.execute_batch(&format!("create table \"{}\" ({})", table.name, list.join(", "))).unwrap();
    let places = vec!["?"; columns.len()].join(", ");
    let mut insert = db.prepare(&format!("insert or ignore into \"{}\" values ({places})", table.name)).unwrap();
    let rows = if table.name == "genre" { 3 } else { chance.below(25) };
    for _ in 0..rows {
        let values = columns.iter().map(|c| {
            if *c == "colour" {
                return odd(later);
            }
            let value = if chance.below(100) < oddness { odd(chance) } else { plain(chance, table, c) };
            let huge = *c == "note_text" && later.below(40) == 0;
            if huge { Value::Text("<p>pasted</p>".repeat(120_000)) } else { value }
        });
        let values: Vec<Value> = values.collect();
        // A key of the wrong type is refused by a table that has one; the row then never was.
        let _ = insert.execute(rusqlite::params_from_iter(values));
    }
}

/// What must occur among the files by chance: the defects of the old product's own data and scripts, and what SQLite lets anybody store.
pub const KINDS: [(&str, &str); 24] = [
    ("a row of the one who stands for everybody", "select count(*) from note where user_ref = 0"),
    (
        "a user that nobody is",
        "select count(*) from tab_group_main_state where user_id = -1 or user_id not in (select id from user)",
    ),
    (
        "a deleted user with rows",
        "select count(*) from playlist p join user u on u.id = p.user_ref where u.deleted = 1 and u.id <> 0",
    ),
    (
        "two users with one address",
        "select count(*) - count(distinct lower(email)) from user where id <> 0 and email is not null",
    ),
    ("a user without an address", "select count(*) from user where id <> 0 and (email is null or email = '')"),
    ("an entry whose tune is gone", "select count(*) from playlist_tune where tune_ref not in (select id from tune)"),
    (
        "an entry whose tune is deleted",
        "select count(*) from playlist_tune p join tune t on t.id = p.tune_ref where t.deleted = 1",
    ),
    (
        "an entry of a repertoire that is gone",
        "select count(*) from playlist_tune where playlist_ref not in (select playlist_id from playlist)",
    ),
    (
        "a record of a deleted repertoire",
        "select count(*) from practice_record r join playlist p on p.playlist_id = r.playlist_ref where p.deleted = 1",
    ),
    ("a record whose tune is gone", "select count(*) from practice_record where tune_ref not in (select id from tune)"),
    (
        "a layout of a deleted repertoire",
        "select count(*) from table_state s join playlist p on p.playlist_id = s.playlist_id where p.deleted = 1",
    ),
    (
        "a layout of somebody else's repertoire",
        "select count(*) from table_state s join playlist p on p.playlist_id = s.playlist_id where p.user_ref <> s.user_id",
    ),
    (
        "a repertoire whose instrument is gone",
        "select count(*) from playlist where instrument_ref <> 0 and instrument_ref not in (select id from instrument)",
    ),
    (
        "a pair whose tune type is gone",
        "select count(*) from genre_tune_type where tune_type_id not in (select id from tune_type)",
    ),
    ("a tune of a genre that is none", "select count(*) from tune where genre not in (select id from genre)"),
    (
        "a private tune of nobody",
        "select count(*) from tune where private_for <> 0 and private_for not in (select id from user)",
    ),
    (
        "two records of one moment",
        "select count(*) - count(distinct playlist_ref || ':' || tune_ref || ':' || practiced) from practice_record where practiced is not null",
    ),
    (
        "two tags of one word",
        "select count(*) - count(distinct user_ref || ':' || tune_ref || ':' || tag_text) from tag where tag_text is not null",
    ),
    ("two rows of one number", "select count(*) - count(distinct id) from tune"),
    ("a rating of SM2", "select count(*) from practice_record where easiness is not null and quality in (0, 5)"),
    (
        "a rating off every scale",
        "select count(*) from practice_record where typeof(quality) = 'integer' and quality not between 0 and 5",
    ),
    ("a rating of nought", "select count(*) from practice_record where quality = 0"),
    ("steps in seconds", "select count(*) from prefs_spaced_repetition where learning_steps = '[60, 600]'"),
    (
        "a queue row in no bucket",
        "select count(*) from daily_practice_queue where bucket is null or bucket not between 1 and 4",
    ),
];

/// What must occur in the values.
pub const VALUES: [&str; 26] = [
    "NULL in a key",
    "NULL elsewhere",
    "an empty text",
    "text that is no UTF-8",
    "bytes",
    "a NUL character",
    "a text of more than a megabyte",
    "a text longer than an index holds",
    "a script in a note",
    "a negative number",
    "a number of more than 32 bits",
    "the largest number",
    "the smallest number",
    "a fraction where whole numbers stand",
    "an infinite number",
    "minus nought",
    "a number as text",
    "a text where numbers stand",
    "a time without a zone",
    "a time with Z",
    "a time with an offset",
    "a date alone",
    "a time outside the years 1 to 9999",
    "a time that never was",
    "a time as a number",
    "a flag for a time",
];

/// How often each kind occurs in `db`.
pub fn census(db: &Connection) -> BTreeMap<&'static str, u64> {
    let mut found: BTreeMap<&'static str, u64> =
        KINDS.iter().map(|(kind, _)| *kind).chain(VALUES).map(|kind| (kind, 0)).collect();
    for (kind, sql) in KINDS {
        // A table or a column of it may be missing.
        let count = db.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap_or(0);
        *found.entry(kind).or_default() += count.unsigned_abs();
    }
    for table in &TABLES {
        let Ok(mut statement) = db.prepare(&format!("select * from \"{}\"", table.name)) else { continue };
        let columns: Vec<String> = statement.column_names().map(ToString::to_string).collect();
        let mut rows = statement.query([]).unwrap();
        while let Some(row) = rows.next().unwrap() {
            for (at, column) in columns.iter().enumerate() {
                for kind in kinds_of(table, column, row.get_ref(at).unwrap()) {
                    *found.entry(kind).or_default() += 1;
                }
            }
        }
    }
    found
}

fn kinds_of(table: &LegacyTable, column: &str, value: ValueRef<'_>) -> Vec<&'static str> {
    let number = matches!(
        column,
        "interval" | "step" | "repetitions" | "lapses" | "elapsed_days" | "state" | "bucket" | "order_index"
    );
    let instant = matches!(table.column(column), Some(Becomes::Rule(_, rule)) if rule.starts_with("UTC, microseconds"));
    match value {
        ValueRef::Null if table.key.contains(&column) => vec!["NULL in a key"],
        ValueRef::Null => vec!["NULL elsewhere"],
        ValueRef::Blob(_) => vec!["bytes"],
        ValueRef::Integer(_) if instant => vec!["a time as a number"],
        ValueRef::Integer(n) => [
            (n < 0, "a negative number"),
            (i32::try_from(n).is_err(), "a number of more than 32 bits"),
            (n == i64::MAX, "the largest number"),
            (n == i64::MIN, "the smallest number"),
        ]
        .into_iter()
        .filter_map(|(is, kind)| is.then_some(kind))
        .collect(),
        ValueRef::Real(x) => [
            (number && x.fract() != 0.0, "a fraction where whole numbers stand"),
            (x.is_infinite(), "an infinite number"),
            (x == 0.0 && x.is_sign_negative(), "minus nought"),
        ]
        .into_iter()
        .filter_map(|(is, kind)| is.then_some(kind))
        .collect(),
        ValueRef::Text(bytes) => match std::str::from_utf8(bytes) {
            Err(_) => vec!["text that is no UTF-8"],
            Ok(text) => kinds_of_text(column, text, number, instant),
        },
    }
}

fn kinds_of_text(column: &str, text: &str, number: bool, instant: bool) -> Vec<&'static str> {
    let mut kinds: Vec<&'static str> = [
        (text.is_empty(), "an empty text"),
        (text.contains('\0'), "a NUL character"),
        (text.len() > 1_000_000, "a text of more than a megabyte"),
        (text.len() > 2_000, "a text longer than an index holds"),
        (column == "note_text" && text.contains("<script>"), "a script in a note"),
        (number && text.trim().parse::<f64>().is_ok(), "a number as text"),
        (number && text.trim().parse::<f64>().is_err(), "a text where numbers stand"),
        (
            matches!(text, "T" | "F") && matches!(column, "current" | "practiced" | "due" | "learned"),
            "a flag for a time",
        ),
    ]
    .into_iter()
    .filter_map(|(is, kind)| is.then_some(kind))
    .collect();
    if instant && text.as_bytes().first().is_some_and(u8::is_ascii_digit) && text.len() >= 10 {
        let clock = text.get(11..).unwrap_or_default();
        kinds.push(match time::parse(text) {
            None if text.starts_with("0001") || text.starts_with("9999") || text.starts_with("0000") => {
                "a time outside the years 1 to 9999"
            }
            None => "a time that never was",
            Some(_) if clock.is_empty() => "a date alone",
            Some(_) if clock.ends_with('Z') => "a time with Z",
            Some(_) if clock.contains(['+', '-']) => "a time with an offset",
            Some(_) => "a time without a zone",
        });
    }
    kinds
}
