#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used)]
//! Deleting one's account, on a real PostgreSQL with the real roles: everything of hers goes, nothing of anybody else's, and whoever has a copy of
//! what she had made public hears of it.

mod server;

use server::{ANN, As, BEN, Server, request};
use tokio_postgres::Client;
use tunetrees::store::schema::Table;

const TUNE: &str = "99000000-0000-4000-8000-000000000001";

/// Something of each kind for a person: a private tune, an instrument, a repertoire, practice, notes (one of them public).
fn world(owner: &str) -> String {
    let id = |kind: u32| format!("{kind:08}-0000-4000-8000-{}", &owner[24..]);
    let (instrument, tune, playlist) = (id(1), id(2), id(3));
    format!(
        "insert into public.instrument (id, private_to_user, instrument) values ('{instrument}', '{owner}', 'Own fiddle');
         insert into public.tune (id, private_for, title) values ('{tune}', '{owner}', 'Own tune'), ('{second}', '{owner}', 'Second tune');
         insert into public.playlist (id, user_ref, name, instrument_ref) values ('{playlist}', '{owner}', 'Mine', '{instrument}');
         insert into public.playlist_tune (id, user_ref, playlist_ref, tune_ref) values ('{a}', '{owner}', '{playlist}', '{tune}'), ('{b}', '{owner}', '{playlist}', '{TUNE}');
         insert into public.practice_record (id, user_ref, playlist_ref, tune_ref, practiced, quality) values ('{a}', '{owner}', '{playlist}', '{TUNE}', '2026-11-01', 3);
         insert into public.daily_practice_queue (id, user_ref, playlist_ref, tune_ref, queue_date, window_start_utc, window_end_utc, bucket, order_index, snapshot_coalesced_ts, generated_at)
           values ('{a}', '{owner}', '{playlist}', '{TUNE}', '2026-11-01', now(), now(), 1, 0, now(), now());
         insert into public.tune_override (id, user_ref, tune_ref, title) values ('{a}', '{owner}', '{TUNE}', 'My title');
         insert into public.note (id, user_ref, tune_ref, playlist_ref, note_text, public) values ('{a}', '{owner}', '{TUNE}', '{playlist}', 'for me', false),
           ('{b}', '{owner}', '{TUNE}', '{playlist}', 'for all', true), ('{c}', '{owner}', '{tune}', null, 'for all, on my own tune', true);
         insert into public.reference (id, user_ref, tune_ref, url, public) values ('{a}', '{owner}', '{TUNE}', 'https://a.example', false), ('{b}', '{owner}', '{TUNE}', 'https://b.example', true);
         insert into public.tag (id, user_ref, tune_ref, tag_text) values ('{a}', '{owner}', '{TUNE}', 'slow');
         insert into public.prefs_spaced_repetition (id, user_id, alg_type) values ('{a}', '{owner}', 'FSRS');
         insert into public.prefs_scheduling_options (id, user_id) values ('{a}', '{owner}');
         insert into public.table_state (id, user_id, playlist_id, purpose, screen_size) values ('{a}', '{owner}', '{playlist}', 'practice', 'full');
         insert into public.tab_group_main_state (id, user_id, playlist_id) values ('{a}', '{owner}', '{playlist}');
         insert into public.table_transient_data (id, user_id, playlist_id, tune_id) values ('{a}', '{owner}', '{playlist}', '{TUNE}')",
        second = id(4),
        a = id(5),
        b = id(6),
        c = id(7)
    )
}

async fn furnished() -> (Server, Client, Client) {
    let server = Server::new().await;
    let admin = server.admin().await;
    admin.batch_execute(&format!("insert into public.tune (id, title) values ('{TUNE}', 'Public')")).await.unwrap();
    for owner in [ANN, BEN] {
        admin.batch_execute(&world(owner)).await.unwrap();
    }
    let rest = server.rest().await;
    (server, admin, rest)
}

/// Rows of any table in which `text` occurs, as `table: row`.
async fn mentions(admin: &Client, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for table in Table::ALL {
        let sql = format!(
            "select to_jsonb(t)::text from public.\"{table}\" as t where to_jsonb(t)::text like '%' || $1 || '%'"
        );
        let rows = admin.query(&sql, &[&text]).await.unwrap();
        found.extend(rows.iter().map(|row| format!("{table}: {}", row.get::<_, String>(0))));
    }
    found
}

async fn count(admin: &Client, sql: &str) -> i64 {
    admin.query_one(&format!("select count(*) from {sql}"), &[]).await.unwrap().get(0)
}

#[tokio::test]
async fn everything_of_hers_goes_and_nothing_of_anybody_elses() {
    let (_server, admin, rest) = furnished().await;
    let before = mentions(&admin, BEN).await;
    assert!(before.len() >= 17, "{before:#?}");
    request(&rest, As::User(ANN), "select public.delete_my_account()").await.unwrap();
    assert_eq!(mentions(&admin, ANN).await, Vec::<String>::new());
    // Not by her words, either.
    let tombstones = format!(
        "(select * from public.note where id::text like '%{}') n where note_text is not null or not deleted",
        &ANN[24..]
    );
    assert_eq!(count(&admin, &tombstones).await, 0);
    assert_eq!(count(&admin, &format!("auth.users where id = '{ANN}'")).await, 0);
    assert_eq!(count(&admin, &format!("public.sync_device where user_ref = '{ANN}'")).await, 0);
    assert_eq!(mentions(&admin, BEN).await, before);
    assert_eq!(count(&admin, &format!("public.tune where id = '{TUNE}' and not deleted")).await, 1);
}

#[tokio::test]
async fn what_others_have_copies_of_reaches_them_as_a_tombstone_without_a_word_of_it() {
    let (_server, admin, rest) = furnished().await;
    let pull = "select (r -> 1) ->> 'id' from jsonb_array_elements((select public.sync_pull(null, 500)) -> 'rows') as r where r ->> 0 in ('note', 'reference')";
    let seen = request(&rest, As::User(BEN), pull).await.unwrap();
    assert_eq!(seen.len(), 5 + 3, "his own notes and links, and hers for all: {seen:?}");
    request(&rest, As::User(ANN), "select public.delete_my_account()").await.unwrap();
    let rows = request(
        &rest,
        As::User(BEN),
        &format!(
            "select (r -> 1)::text from jsonb_array_elements((select public.sync_pull(null, 500)) -> 'rows') as r
             where r ->> 0 in ('note', 'reference', 'tune') and (r -> 1) ->> 'id' like '%{}'",
            &ANN[24..]
        ),
    )
    .await
    .unwrap();
    let rows: Vec<String> = rows.into_iter().flatten().collect();
    assert_eq!(rows.len(), 4, "two notes, a link, and the tune that one of the notes was on: {rows:#?}");
    for row in &rows {
        assert!(row.contains("\"deleted\": true"), "{row}");
        assert!(!row.contains("for all") && !row.contains("example") && !row.contains("Own tune"), "{row}");
    }
    assert_eq!(count(&admin, "public.tune where title = 'Second tune'").await, 1, "only his");
}

#[tokio::test]
async fn nobody_deletes_without_having_signed_in_and_doing_it_twice_does_no_harm() {
    let (_server, admin, rest) = furnished().await;
    let refused = request(&rest, As::Anon, "select public.delete_my_account()").await.unwrap_err();
    assert_eq!(refused.0, "42501");
    request(&rest, As::User(ANN), "select public.delete_my_account()").await.unwrap();
    request(&rest, As::User(ANN), "select public.delete_my_account()").await.unwrap();
    assert_eq!(count(&admin, "auth.users").await, 2);
}
