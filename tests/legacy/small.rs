//! A small legacy database of our own, in the October shape, for tests that change it.

use std::path::Path;

use rusqlite::Connection;
use tunetrees::legacy::Source;
use tunetrees::legacy::load::postgres::{LoadOptions, Making};

/// All of it.
pub const SMALL: &str = "
    create table user (id integer primary key, name text, email text, deleted boolean default false);
    create table genre (id text not null primary key, name text, region text, description text);
    create table instrument (id integer primary key, private_to_user integer, instrument text, description text, genre_default text, deleted boolean);
    create table tune (id integer primary key, type text, structure text, title text, mode text, incipit text, genre text, deleted boolean, private_for integer);
    create table playlist (playlist_id integer primary key, user_ref integer, instrument_ref integer, deleted boolean, sr_alg_type text);
    create table playlist_tune (playlist_ref integer, tune_ref integer, current text, learned text, scheduled text, goal text, deleted boolean, primary key (tune_ref, playlist_ref));
    create table practice_record (id integer primary key, playlist_ref integer, tune_ref integer, practiced text, quality integer, easiness real, interval integer, due text);
    create table note (id integer primary key, user_ref integer, tune_ref integer, playlist_ref integer, created_date text, note_text text, public integer, favorite integer, deleted boolean);
    create table tag (tag_id integer primary key, user_ref integer, tune_ref integer, tag_text text);
    create table daily_practice_queue (id integer primary key, user_ref integer, playlist_ref integer, tune_ref integer, queue_date text, window_start_utc text, window_end_utc text, bucket integer, order_index integer, snapshot_coalesced_ts text, generated_at text, completed_at text, active boolean);
    insert into user values (0, 'all', null, 0), (1, 'Anna', 'anna@example.com', 0), (2, 'Ben', 'ben@example.com', 0);
    insert into genre values ('ITRAD', 'Irish', 'Ireland', null);
    insert into instrument values (1, 0, 'Flute', null, 'ITRAD', 0);
    insert into tune values (10, 'Reel', 'AABB', 'The Silver Spear', 'D Major', 'A2FA', 'ITRAD', 0, 0), (11, 'JigD', 'AABB', 'Banish Misfortune', 'D Mix', 'fed', 'ITRAD', 0, 1);
    insert into playlist values (1, 1, 1, 0, 'FSRS'), (2, 2, 1, 0, null);
    insert into playlist_tune values (1, 10, null, '2024-01-01', null, 'recall', 0), (1, 11, null, null, null, null, 0), (2, 10, null, null, null, null, 0);
    insert into practice_record values (1, 1, 10, '2024-02-01 10:00:00', 3, null, 4, '2024-02-05 10:00:00'), (2, 1, 11, '2024-02-02 10:00:00', 0, 2.5, 0, null);
    insert into note values (1, 1, 10, 1, '2024-03-01 08:00:00', '<b>slow</b>', 0, 1, 0);
    insert into tag values (7, 1, 10, 'slow');
    insert into daily_practice_queue values (1, 1, 1, 10, '2024-02-03', '2024-02-03 00:00:00', null, 1, 0, null, '2024-02-03 07:00:00', null, 1);
";

pub fn small(path: &Path) -> Connection {
    let db = Connection::open(path).unwrap();
    db.execute_batch(SMALL).unwrap();
    db
}

pub fn reads(path: &Path) -> Source {
    Source::open(path, Some("small")).unwrap()
}

pub fn local() -> LoadOptions {
    LoadOptions { making: Making::InDatabase(None), ..LoadOptions::default() }
}
