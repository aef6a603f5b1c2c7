//! A legacy file of any size, for figures and for the browser.
#![allow(clippy::unwrap_used)]

use std::path::Path;

use rusqlite::{Connection, params};

/// Tunes in it.
const TUNES: u32 = 1_000;

/// A legacy database of one person with that many practice records.
pub fn make(path: &Path, records: u32) {
    let mut db = Connection::open(path).unwrap();
    db.execute_batch(
        "create table user (id integer primary key, name text, email text, deleted boolean default false);
         create table tune (id integer primary key, type text, structure text, title text, mode text, incipit text, genre text, deleted boolean, private_for integer);
         create table playlist (playlist_id integer primary key, user_ref integer, instrument_ref integer, deleted boolean, sr_alg_type text);
         create table playlist_tune (playlist_ref integer, tune_ref integer, current text, learned text, scheduled text, goal text, deleted boolean, primary key (tune_ref, playlist_ref));
         create table practice_record (id integer primary key, playlist_ref integer, tune_ref integer, practiced text, quality integer, difficulty real, stability real, interval integer, step integer, repetitions integer, lapses integer, elapsed_days integer, state integer, due text, goal text, technique text);
         create table note (id integer primary key, user_ref integer, tune_ref integer, playlist_ref integer, created_date text, note_text text, public integer, favorite integer, deleted boolean);
         insert into user values (0, 'all', null, 0), (1, 'Anna', 'anna@example.com', 0);
         insert into playlist values (1, 1, null, 0, 'FSRS')",
    )
    .unwrap();
    let tx = db.transaction().unwrap();
    for tune in 1..=TUNES {
        let sql = "insert into tune values (?1, 'Reel', 'AABB', 'Tune ' || ?1, 'D Major', 'A2FA DFAF', null, 0, 0)";
        tx.execute(sql, [tune]).unwrap();
        tx.execute("insert into playlist_tune values (1, ?1, null, '2020-01-01', null, 'recall', 0)", [tune]).unwrap();
    }
    let mut insert = tx
        .prepare(
            "insert into practice_record values (?1, 1, ?2, datetime('2015-01-01', ?3), ?4, 5.5, 12.25, 4, 1, 3, 0, 2, 2,
               datetime('2015-01-05', ?3), 'recall', null)",
        )
        .unwrap();
    for n in 0..records {
        insert.execute(params![n + 1, n % TUNES + 1, format!("+{} minutes", n * 17), n % 4 + 1]).unwrap();
    }
    drop(insert);
    tx.commit().unwrap();
}
