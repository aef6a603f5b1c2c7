#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used)]
//! Who may do what, on a real PostgreSQL with the real roles: each table × select, insert, update, delete × own row, another's row, public
//! row, handing a row over; as nobody, as two people and as one who signed in anonymously; then views, functions and the doorbell's channel.

mod server;

use std::collections::BTreeSet;

use server::{ANN, As, BEN, GUEST, Server, attempt, request};
use tokio_postgres::Client;
use tunetrees::store::schema::Table;

const PEOPLE: [&str; 3] = [ANN, BEN, GUEST];
const PUBLIC_TUNE: &str = "99000000-0000-4000-8000-000000000001";
const PUBLIC_INSTRUMENT: &str = "99000000-0000-4000-8000-000000000002";
const DENIED: &str = "42501";

fn synced() -> impl Iterator<Item = Table> {
    Table::ALL.into_iter().filter(|t| t.is_synced())
}

/// The id of the row of `table` that `owner` has from the start.
fn row_id(table: Table, owner: &str) -> String {
    match table {
        Table::UserProfile => owner.to_owned(),
        _ => format!("{:08}-0000-4000-8000-{}", table as u32, &owner[24..]),
    }
}

/// An insert of a row of `owner` with that id, its children's references going to `referred`'s repertoire and tune.
fn insert(table: Table, id: &str, owner: &str, referred: &str, salt: &str) -> String {
    let playlist = row_id(Table::Playlist, referred);
    let tune = row_id(Table::Tune, referred);
    let (columns, values) = match table {
        Table::UserProfile => ("name", "'x'".to_owned()),
        Table::Instrument => ("private_to_user, instrument", format!("'{owner}', '{salt}'")),
        Table::PrefsSpacedRepetition => {
            ("user_id, alg_type", format!("'{owner}', '{}'", if salt == "fixture" { "FSRS" } else { "SM2" }))
        }
        Table::PrefsSchedulingOptions => ("user_id", format!("'{owner}'")),
        Table::Tune => ("private_for, title", format!("'{owner}', '{salt}'")),
        Table::TuneOverride => ("user_ref, tune_ref", format!("'{owner}', '{tune}'")),
        Table::Playlist => ("user_ref, name", format!("'{owner}', '{salt}'")),
        Table::PlaylistTune => ("user_ref, playlist_ref, tune_ref", format!("'{owner}', '{playlist}', '{tune}'")),
        Table::Note => {
            ("user_ref, playlist_ref, tune_ref, note_text", format!("'{owner}', '{playlist}', '{tune}', '{salt}'"))
        }
        Table::Reference => ("user_ref, tune_ref, url", format!("'{owner}', '{tune}', '{salt}'")),
        Table::Tag => ("user_ref, tune_ref, tag_text", format!("'{owner}', '{tune}', '{salt}'")),
        Table::PracticeRecord => {
            let practiced = if salt == "fixture" { "2026-11-01" } else { "2026-11-02" };
            ("user_ref, playlist_ref, tune_ref, practiced", format!("'{owner}', '{playlist}', '{tune}', '{practiced}'"))
        }
        Table::DailyPracticeQueue => (
            "user_ref, playlist_ref, tune_ref, queue_date, window_start_utc, window_end_utc, bucket, order_index, snapshot_coalesced_ts, generated_at",
            format!(
                "'{owner}', '{playlist}', '{tune}', '{}', now(), now(), 1, 0, now(), now()",
                if salt == "fixture" { "2026-11-01" } else { "2026-11-02" }
            ),
        ),
        Table::TabGroupMainState => ("user_id, playlist_id", format!("'{owner}', '{playlist}'")),
        Table::TableState => (
            "user_id, playlist_id, purpose, screen_size",
            format!("'{owner}', '{playlist}', 'practice', '{}'", if salt == "fixture" { "full" } else { "small" }),
        ),
        Table::TableTransientData => ("user_id, playlist_id, tune_id", format!("'{owner}', '{playlist}', '{tune}'")),
        Table::Genre | Table::TuneType | Table::GenreTuneType => unreachable!("reference tables have no owner"),
    };
    format!("insert into public.\"{table}\" (id, {columns}) values ('{id}', {values})")
}

/// A row of each table for each person, and public ones.
async fn furnished() -> (Server, Client) {
    let server = Server::new().await;
    let admin = server.admin().await;
    for owner in PEOPLE {
        for table in synced().filter(|t| *t != Table::UserProfile) {
            admin.batch_execute(&insert(table, &row_id(table, owner), owner, owner, "fixture")).await.unwrap();
        }
    }
    admin
        .batch_execute(&format!(
            "insert into public.genre (id) values ('ITRAD'); insert into public.tune_type (id) values ('reel');
             insert into public.genre_tune_type values ('ITRAD', 'reel');
             insert into public.tune (id, title) values ('{PUBLIC_TUNE}', 'Public');
             insert into public.instrument (id, instrument) values ('{PUBLIC_INSTRUMENT}', 'Fiddle');
             insert into public.note (id, user_ref, tune_ref, public) select ('97' || substr(id::text, 3))::uuid, id, '{PUBLIC_TUNE}', true from public.user_profile;
             insert into public.reference (id, user_ref, tune_ref, url, public) select ('97' || substr(id::text, 3))::uuid, id, '{PUBLIC_TUNE}', 'u', true from public.user_profile"
        ))
        .await
        .unwrap();
    let rest = server.rest().await;
    (server, rest)
}

fn code(result: Result<Vec<Option<String>>, (String, String)>) -> String {
    match result {
        Ok(rows) => format!("{} rows", rows.len()),
        Err((code, _)) => code,
    }
}

async fn ids(rest: &Client, who: As, table: Table) -> BTreeSet<String> {
    let rows = request(rest, who, &format!("select id from public.\"{table}\"")).await.unwrap();
    rows.into_iter().flatten().collect()
}

#[tokio::test]
async fn select_shows_own_and_public_rows_only() {
    let (_server, rest) = furnished().await;
    for me in PEOPLE {
        for table in synced() {
            let mut expected = BTreeSet::from([row_id(table, me)]);
            match table {
                Table::Tune => drop(expected.insert(PUBLIC_TUNE.to_owned())),
                Table::Instrument => drop(expected.insert(PUBLIC_INSTRUMENT.to_owned())),
                Table::Note | Table::Reference => expected.extend(PEOPLE.map(|p| format!("97{}", &p[2..]))),
                _ => {}
            }
            assert_eq!(ids(&rest, As::User(me), table).await, expected, "{table} as {me}");
        }
    }
    for table in synced() {
        let rows = attempt(&rest, As::Anon, &format!("select id from public.\"{table}\"")).await;
        match table {
            Table::Tune => assert_eq!(rows.unwrap(), [Some(PUBLIC_TUNE.to_owned())]),
            Table::Instrument => assert_eq!(rows.unwrap(), [Some(PUBLIC_INSTRUMENT.to_owned())]),
            _ => assert_eq!(code(rows), DENIED, "{table} as nobody"),
        }
    }
    for who in [As::Anon, As::User(ANN), As::User(GUEST), As::Service] {
        for table in ["genre", "tune_type", "genre_tune_type"] {
            assert_eq!(
                code(attempt(&rest, who, &format!("select * from public.{table}")).await),
                "1 rows",
                "{table} as {who:?}"
            );
        }
    }
}

#[tokio::test]
async fn insert_takes_own_rows_only() {
    let (_server, rest) = furnished().await;
    let new_id = "98000000-0000-4000-8000-000000000001";
    for table in synced() {
        for me in PEOPLE {
            // A row that is there already (23505) has passed the policies, which come first.
            let id = if table == Table::UserProfile { me } else { new_id };
            let own = code(attempt(&rest, As::User(me), &insert(table, id, me, me, "new")).await);
            assert!(own == "0 rows" || own == "23505", "own {table}: {own}");
        }
        let id = if table == Table::UserProfile { BEN } else { new_id };
        for who in [As::User(ANN), As::User(GUEST), As::Anon] {
            let others = code(attempt(&rest, who, &insert(table, id, BEN, BEN, "new")).await);
            assert_eq!(others, DENIED, "{table} for Ben as {who:?}");
        }
    }
    for (table, column) in [("tune", "title"), ("instrument", "instrument")] {
        let public = format!("insert into public.{table} (id, {column}) values ('{new_id}', 'x')");
        assert_eq!(code(attempt(&rest, As::User(ANN), &public).await), DENIED, "a public {table}");
        assert_eq!(code(attempt(&rest, As::Service, &public).await), "0 rows", "a public {table} with the secret key");
    }
    for who in [As::Anon, As::User(ANN), As::User(GUEST)] {
        for table in ["genre", "tune_type"] {
            assert_eq!(
                code(attempt(&rest, who, &format!("insert into public.{table} (id) values ('X')")).await),
                DENIED
            );
        }
        assert_eq!(
            code(attempt(&rest, who, "insert into public.genre_tune_type values ('ITRAD', 'reel')").await),
            DENIED
        );
    }
}

#[tokio::test]
async fn rows_refer_to_own_repertoires_and_visible_tunes_only() {
    let (_server, rest) = furnished().await;
    let new_id = "98000000-0000-4000-8000-000000000001";
    let mut tried = 0;
    for table in synced() {
        let columns: Vec<_> = table.columns().iter().map(|c| c.name).collect();
        let reference = |names: [&'static str; 2]| names.into_iter().find(|n| columns.contains(n));
        for column in
            [reference(["playlist_ref", "playlist_id"]), reference(["tune_ref", "tune_id"])].into_iter().flatten()
        {
            tried += 1;
            let into_bens = code(attempt(&rest, As::User(ANN), &insert(table, new_id, ANN, BEN, "new")).await);
            assert_eq!(into_bens, DENIED, "{table} with Ben's repertoire and tune");
            if table == Table::PracticeRecord {
                continue; // its references never change
            }
            let parent = if column.starts_with("tune") { Table::Tune } else { Table::Playlist };
            let sql = format!(
                "update public.\"{table}\" set {column} = '{}' where id = '{}'",
                row_id(parent, BEN),
                row_id(table, ANN)
            );
            assert_eq!(code(attempt(&rest, As::User(ANN), &sql).await), DENIED, "{table}.{column} to Ben's");
        }
    }
    assert_eq!(tried, 15);
    let sql = format!("update public.playlist set instrument_ref = '{}'", row_id(Table::Instrument, BEN));
    assert_eq!(code(attempt(&rest, As::User(ANN), &sql).await), DENIED);
    let sql = format!("update public.playlist set instrument_ref = '{PUBLIC_INSTRUMENT}' returning id");
    assert_eq!(code(attempt(&rest, As::User(ANN), &sql).await), "1 rows");
}

#[tokio::test]
async fn update_reaches_own_rows_only_and_hands_none_over() {
    let (_server, rest) = furnished().await;
    for table in synced() {
        let update = |id: &str| format!("update public.\"{table}\" set deleted = true where id = '{id}' returning id");
        for me in PEOPLE {
            assert_eq!(code(attempt(&rest, As::User(me), &update(&row_id(table, me))).await), "1 rows", "own {table}");
            let other = if me == BEN { ANN } else { BEN };
            assert_eq!(
                code(attempt(&rest, As::User(me), &update(&row_id(table, other))).await),
                "0 rows",
                "another's {table}"
            );
            let owner = table.owner_column().unwrap();
            for heir in [format!("'{other}'"), "null".to_owned()] {
                let hand_over = format!("update public.\"{table}\" set {owner} = {heir}");
                // Two tables have a trigger that speaks first.
                let expected = match table {
                    Table::UserProfile | Table::PracticeRecord => "23514",
                    _ => DENIED,
                };
                // With a condition PostgreSQL also asks the policy for select about the new row; without one, that for update only.
                for condition in ["", &format!(" where id = '{}'", row_id(table, me))] {
                    let result = attempt(&rest, As::User(me), &(hand_over.clone() + condition)).await;
                    assert_eq!(code(result), expected, "{table} to {heir}{condition}");
                }
            }
        }
        assert_eq!(code(attempt(&rest, As::Anon, &update(&row_id(table, ANN))).await), DENIED, "{table} as nobody");
    }
    for (table, id) in [("tune", PUBLIC_TUNE), ("instrument", PUBLIC_INSTRUMENT)] {
        let sql = format!("update public.{table} set deleted = true where id = '{id}' returning id");
        assert_eq!(code(attempt(&rest, As::User(ANN), &sql).await), "0 rows", "public {table}");
        assert_eq!(code(attempt(&rest, As::Anon, &sql).await), DENIED, "public {table} as nobody");
    }
    for table in ["note", "reference"] {
        let sql = format!("update public.{table} set favorite = true where public returning id");
        assert_eq!(code(attempt(&rest, As::User(ANN), &sql).await), "1 rows", "only her own public {table}");
    }
    for table in ["genre", "tune_type"] {
        for who in [As::Anon, As::User(ANN), As::User(GUEST)] {
            assert_eq!(code(attempt(&rest, who, &format!("update public.{table} set name = 'x'")).await), DENIED);
        }
    }
}

#[tokio::test]
async fn nobody_deletes_or_truncates() {
    let (_server, rest) = furnished().await;
    for table in Table::ALL {
        for who in [As::Anon, As::User(ANN), As::User(BEN), As::User(GUEST)] {
            assert_eq!(
                code(attempt(&rest, who, &format!("delete from public.\"{table}\"")).await),
                DENIED,
                "{table} as {who:?}"
            );
            assert_eq!(
                code(attempt(&rest, who, &format!("truncate public.\"{table}\" cascade")).await),
                DENIED,
                "{table} as {who:?}"
            );
        }
    }
}

#[tokio::test]
async fn every_table_is_guarded_and_nothing_else_is_granted() {
    let server = Server::new().await;
    let admin = server.admin().await;
    let open = admin
        .query("select relname::text from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and not relrowsecurity", &[])
        .await
        .unwrap();
    assert!(open.is_empty(), "{open:?}");
    let granted: BTreeSet<(String, String, String)> = admin
        .query(
            "select grantee::text, table_name::text, string_agg(privilege_type::text, ' ' order by privilege_type::text) from information_schema.role_table_grants
             where table_schema = 'public' and grantee in ('PUBLIC', 'anon', 'authenticated') group by 1, 2",
            &[],
        )
        .await
        .unwrap()
        .iter()
        .map(|r| (r.get(0), r.get(1), r.get(2)))
        .collect();
    let mut expected = BTreeSet::new();
    for table in Table::ALL {
        let rights = if table.is_synced() { "INSERT SELECT UPDATE" } else { "SELECT" };
        expected.insert(("authenticated".to_owned(), table.name().to_owned(), rights.to_owned()));
        if !table.is_synced() || matches!(table, Table::Tune | Table::Instrument) {
            expected.insert(("anon".to_owned(), table.name().to_owned(), "SELECT".to_owned()));
        }
    }
    expected.insert(("authenticated".to_owned(), "sync_device".to_owned(), "INSERT SELECT UPDATE".to_owned()));
    for reader in ["anon", "authenticated"] {
        expected.insert((reader.to_owned(), "sync_floor".to_owned(), "SELECT".to_owned()));
    }
    for view in ["view_playlist_joined", "practice_list_joined", "practice_list_staged"] {
        expected.insert(("authenticated".to_owned(), view.to_owned(), "SELECT".to_owned()));
    }
    assert_eq!(granted, expected);

    let callable: Vec<String> = admin
        .query(
            "select concat(r.rolname, ' ', p.proname) from pg_proc p, pg_roles r
             where p.pronamespace = 'public'::regnamespace and r.rolname in ('anon', 'authenticated') and has_function_privilege(r.oid, p.oid, 'execute')
             order by 1",
            &[],
        )
        .await
        .unwrap()
        .iter()
        .map(|r| r.get(0))
        .collect();
    assert_eq!(
        callable,
        [
            "anon sync_epoch",
            "anon sync_look",
            "anon sync_pull",
            "authenticated delete_my_account",
            "authenticated sync_epoch",
            "authenticated sync_look",
            "authenticated sync_min_schema",
            "authenticated sync_pull",
            "authenticated sync_push"
        ]
    );
    // What runs with its owner's rights must not look names up in the caller's search path.
    let loose = admin
        .query("select proname::text from pg_proc where pronamespace = 'public'::regnamespace and not 'search_path=\"\"' = any (coalesce(proconfig, '{}'))", &[])
        .await
        .unwrap();
    assert!(loose.is_empty(), "{loose:?}");
}

#[tokio::test]
async fn views_show_no_more_than_their_tables() {
    let (_server, rest) = furnished().await;
    for view in ["view_playlist_joined", "practice_list_joined", "practice_list_staged"] {
        for me in PEOPLE {
            let owners = request(&rest, As::User(me), &format!("select user_ref from public.{view}")).await.unwrap();
            assert_eq!(owners, [Some(me.to_owned())], "{view} as {me}");
        }
        assert_eq!(
            code(attempt(&rest, As::Anon, &format!("select * from public.{view}")).await),
            DENIED,
            "{view} as nobody"
        );
        assert_eq!(
            code(attempt(&rest, As::Service, &format!("select * from public.{view}")).await),
            "3 rows",
            "{view} with the secret key"
        );
    }
}

#[tokio::test]
async fn the_practice_list_is_mended() {
    let (server, rest) = furnished().await;
    let admin = server.admin().await;
    let (playlist, tune) = (row_id(Table::Playlist, ANN), row_id(Table::Tune, ANN));
    let record = |n: u32, practiced: &str, quality: u32, deleted: bool| {
        format!(
            "insert into public.practice_record (id, user_ref, playlist_ref, tune_ref, practiced, quality, due, deleted)
             values ('9600000{n}-0000-4000-8000-000000000000', '{ANN}', '{playlist}', '{tune}', '{practiced}', {quality}, '2026-12-0{quality}', {deleted});"
        )
    };
    admin
        .batch_execute(&format!(
            "{}{}{}
             insert into public.tag (id, user_ref, tune_ref, tag_text) values (gen_random_uuid(), '{ANN}', '{tune}', 'another');
             insert into public.tag (id, user_ref, tune_ref, tag_text, deleted) values (gen_random_uuid(), '{ANN}', '{tune}', 'gone', true);
             update public.tune_override set mode = 'G' where user_ref = '{ANN}';
             update public.table_transient_data set recall_eval = 'again', due = '2026-12-09' where user_id = '{ANN}';
             update public.playlist set instrument_ref = null",
            // The highest id is not the latest, and the latest by time is deleted.
            record(9, "2026-11-10", 1, false),
            record(1, "2026-11-20", 3, false),
            record(2, "2026-11-21", 4, true),
        ))
        .await
        .unwrap();
    let sql = "select concat_ws('|', mode, has_override, tags, notes, latest_quality, latest_due::date, recorded_due::date, has_staged) from public.practice_list_staged";
    let rows = request(&rest, As::User(ANN), sql).await.unwrap();
    assert_eq!(rows, [Some("G|t|another fixture|fixture|3|2026-12-09|2026-12-03|t".to_owned())]);
    let sql = "select concat_ws('|', tags, latest_quality, latest_due::date) from public.practice_list_joined";
    assert_eq!(request(&rest, As::User(ANN), sql).await.unwrap(), [Some("another fixture|3|2026-12-03".to_owned())]);
    let sql = "select playlist_id from public.view_playlist_joined where instrument is null";
    assert_eq!(request(&rest, As::User(ANN), sql).await.unwrap(), [Some(playlist)]);
}

#[tokio::test]
async fn each_hears_her_own_doorbell_only_and_nobody_rings_anothers() {
    let (server, rest) = furnished().await;
    let admin = server.admin().await;
    let presence = format!("insert into realtime.messages (topic, extension) values ('sync:{ANN}', 'presence')");
    admin.batch_execute(&presence).await.unwrap();
    let listen = |owner: &str| {
        format!(
            "set local realtime.topic = 'sync:{owner}'; select extension from realtime.messages where topic = 'sync:{owner}' group by 1"
        )
    };
    let heard = request(&rest, As::User(ANN), &listen(ANN)).await.unwrap();
    assert_eq!(heard, [Some("broadcast".to_owned())]);
    assert_eq!(code(attempt(&rest, As::User(ANN), &listen(BEN)).await), "0 rows");
    assert_eq!(code(attempt(&rest, As::User(GUEST), &listen(GUEST)).await), "1 rows");
    assert_eq!(code(attempt(&rest, As::Anon, &listen(ANN)).await), "0 rows");
    for who in [As::User(ANN), As::Anon] {
        let ring = format!(
            "insert into realtime.messages (topic, extension, event) values ('sync:{BEN}', 'broadcast', 'changed')"
        );
        assert_eq!(code(attempt(&rest, who, &ring).await), DENIED, "{who:?}");
    }
}

#[tokio::test]
async fn the_migrations_run_without_superuser_as_on_a_hosted_project() {
    let cluster = server::cluster();
    devstack::postgres::create_database(cluster, "hosted", None).await.unwrap();
    let url = cluster.url("hosted", "postgres");
    devstack::postgres::bootstrap(&url).await.unwrap();
    let admin = server::connect(&url).await;
    // What the role postgres may do there; the policy on realtime.messages is allowed to it by an extension, here by membership.
    admin
        .batch_execute(
            "create role hosted_owner login createrole createdb bypassrls;
             grant anon, authenticated, service_role, supabase_realtime_admin to hosted_owner;
             alter schema public owner to hosted_owner;
             grant usage on schema auth, realtime, extensions to hosted_owner;
             grant all on auth.users, realtime.messages to hosted_owner;
             grant create on database hosted to hosted_owner;
             alter publication supabase_realtime owner to hosted_owner",
        )
        .await
        .unwrap();
    let hosted = cluster.url("hosted", "hosted_owner");
    assert_eq!(devstack::postgres::migrate(&hosted, &server::migrations()).await.unwrap(), 10);
    admin.batch_execute(&format!("insert into auth.users (id) values ('{ANN}')")).await.unwrap();
    let rest = server::connect(&cluster.url("hosted", "authenticator")).await;
    let reply = server::push(
        &rest,
        As::User(ANN),
        serde_json::json!([{"op": 1, "table": "playlist", "id": PUBLIC_TUNE, "base": 0, "row": {"user_ref": ANN}}]),
    );
    assert_eq!(reply.await.unwrap()["results"][0]["status"], "applied");
    let rung = admin.query_one("select count(*) from realtime.messages", &[]).await.unwrap();
    assert_eq!(rung.get::<_, i64>(0), 2, "the profile's and the repertoire's doorbell");
    let published = admin
        .query_one("select count(*) from pg_publication_tables where pubname = 'supabase_realtime'", &[])
        .await
        .unwrap();
    assert_eq!(published.get::<_, i64>(0), 16);
    // The account goes by the right of the owner of the function, who is no superuser either.
    server::request(&rest, As::User(ANN), "select public.delete_my_account()").await.unwrap();
    assert_eq!(admin.query_one("select count(*) from auth.users", &[]).await.unwrap().get::<_, i64>(0), 0);
}

#[tokio::test]
async fn the_migrations_run_where_realtime_is_missing() {
    let cluster = server::cluster();
    devstack::postgres::create_database(cluster, "plain", None).await.unwrap();
    let url = cluster.url("plain", "postgres");
    devstack::postgres::bootstrap(&url).await.unwrap();
    let admin = server::connect(&url).await;
    admin.batch_execute("drop schema realtime cascade; drop publication supabase_realtime").await.unwrap();
    assert_eq!(devstack::postgres::migrate(&url, &server::migrations()).await.unwrap(), 10);
    admin.batch_execute(&format!("insert into auth.users (id) values ('{ANN}')")).await.unwrap();
}
