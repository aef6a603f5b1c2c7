//! What the server has after a device brought a file in is what the migration of the owner of the tables gives.

use std::collections::BTreeMap;

use tunetrees::legacy::Source;
use tunetrees::legacy::load::postgres::{LoadOptions, Making, connect, load};
use tunetrees::worker::protocol::DataRequest;

use crate::devices::{Device, account, config, database, run, sign_in, stack};
use crate::intake::{ask, choose, counts, nobody, person};
use crate::legacy::{on, options, shared};

/// What an account has on the server, told by what it is and not by ids: ids of repertoires, notes and links hang on who brought them.
async fn told(client: &tokio_postgres::Client, user: &str) -> BTreeMap<&'static str, Vec<String>> {
    let tune = "(select concat_ws('|', title, type, mode, incipit) from public.tune where id = t.tune_ref)";
    let playlist = "(select concat_ws('|', i.instrument, p.deleted) from public.playlist p left join public.instrument i on i.id = p.instrument_ref where p.id = t.playlist_ref)";
    let gone = "array['id', 'user_ref', 'user_id', 'tune_ref', 'tune_id', 'playlist_ref', 'playlist_id', 'instrument_ref', 'current_tune', 'device_id', 'sync_xid', 'sync_version', 'private_for', 'last_modified_at', 'private_to_user', 'email']";
    let row = format!("(to_jsonb(t) - {gone})::text");
    let tables = [
        ("practice_record", format!("{tune} || ' ' || {playlist} || ' ' || {row}"), "user_ref"),
        ("playlist_tune", format!("{tune} || ' ' || {playlist} || ' ' || {row}"), "user_ref"),
        ("daily_practice_queue", format!("{tune} || ' ' || {playlist} || ' ' || {row}"), "user_ref"),
        ("note", format!("{tune} || ' ' || {row}"), "user_ref"),
        ("\"reference\"", format!("{tune} || ' ' || {row}"), "user_ref"),
        ("tag", format!("{tune} || ' ' || {row}"), "user_ref"),
        ("tune_override", format!("{tune} || ' ' || {row}"), "user_ref"),
        ("playlist", row.clone(), "user_ref"),
        ("prefs_spaced_repetition", row.clone(), "user_id"),
        ("prefs_scheduling_options", row.clone(), "user_id"),
        ("tab_group_main_state", row.clone(), "user_id"),
        ("table_state", row.clone(), "user_id"),
        ("table_transient_data", row.clone(), "user_id"),
        ("tune", row.clone(), "private_for"),
        ("instrument", row, "private_to_user"),
    ];
    let mut all = BTreeMap::new();
    for (table, shown, owner) in tables {
        // What is deleted there does not come along on a device, nor what hangs on a deleted repertoire.
        let dead = match table {
            "practice_record" | "playlist_tune" | "daily_practice_queue" => {
                "and not exists (select from public.playlist p where p.id = t.playlist_ref and p.deleted)"
            }
            "table_state" | "table_transient_data" => {
                "and not exists (select from public.playlist p where p.id = t.playlist_id and p.deleted)"
            }
            _ => "",
        };
        let sql =
            format!("select {shown} from public.{table} t where {owner} = '{user}' and not deleted {dead} order by 1");
        let rows = client.query(&sql, &[]).await.unwrap_or_else(|e| panic!("{table}: {e:?}"));
        all.insert(table, rows.iter().map(|r| r.get::<_, Option<String>>(0).unwrap_or_default()).collect());
    }
    all
}

#[test]
fn what_a_device_brings_is_what_the_migration_gives() {
    let Some(path) = shared("tunetrees_test_clean.sqlite3") else { return };
    run(async {
        let stack = stack().await;
        let source = Source::open(&path, None).unwrap();
        let mut client = connect(&stack.database_url).await.unwrap();
        let options = LoadOptions { making: Making::InDatabase(Some("a good password".to_owned())), ..options() };
        load(&mut client, &source, &options, &mut on).await.unwrap();
        let client = database(&stack).await;

        // Somebody else brings the same file: the catalog is there, so its tunes are met.
        let (_, session) = account(&stack).await;
        let user = session.user.to_string();
        let device = Device::start(config(&stack), Some(session));
        device.synced().await;
        let mut chosen = choose("tunetrees_test_clean.sqlite3", &std::fs::read(&path).unwrap());
        let done = ask(&mut chosen, &mut device.store.borrow_mut(), &nobody(), DataRequest::TakeIn(person(1))).unwrap();
        let tunes = done.tables.iter().find(|t| t.table.name() == "tune").unwrap();
        assert_eq!((tunes.added, tunes.present), (1, 488), "one of her own, the others are in the catalog");
        device.driver.local_edit();
        crate::devices::eventually_for(120, "all of it is sent", || device.pending() == 0).await;
        device.synced().await;
        assert_eq!(device.refused(), Vec::<String>::new());

        let native = sign_in(&stack, "test1@example.com").await.user.to_string();
        let (there, brought) = (told(&client, &native).await, told(&client, &user).await);
        for (table, rows) in &there {
            let (here, mine) = (brought[table].len(), rows.len());
            let first = rows.iter().zip(&brought[table]).find(|(a, b)| a != b);
            assert!(rows == &brought[table], "{table}: {mine} there, {here} brought; first: {first:#?}");
        }
        assert!(there["practice_record"].len() > 1_700 && there["note"].len() == 412);

        // Whom the migration served brings her file, too: all is here already.
        let session = sign_in(&stack, "test1@example.com").await;
        let hers = Device::start(config(&stack), Some(session));
        hers.synced().await;
        let again = ask(&mut chosen, &mut hers.store.borrow_mut(), &nobody(), DataRequest::TakeIn(person(1))).unwrap();
        let added: Vec<_> = counts(&again).into_iter().filter(|t| t.2 > 0).collect();
        assert_eq!(added, []);
        assert_eq!(hers.pending(), 0);

        // The other account, on another device.
        device.driver.stop();
        hers.driver.stop();
        stack.stop().await;
    });
}
