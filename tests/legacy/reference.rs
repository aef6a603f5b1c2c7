//! What every TuneTrees begins with: the server's own rows, the same on a device without one; migrations meet them.

use std::cell::RefCell;
use std::rc::Rc;

use rusqlite::Connection;
use tunetrees::domain::ids::{DeviceId, InstrumentId, NAMESPACE};
use tunetrees::domain::kinds::KINDS;
use tunetrees::store::schema::Table;
use tunetrees::store::take_along::Luggage;
use tunetrees::store::{Identity, Store, outbox, row};
use tunetrees::worker::protocol::DataRequest;
use uuid::Uuid;

use crate::devices::{Device, account, config, database, run, stack};
use crate::intake::{ask, bytes, choose, counts, nobody, now, person, store};
use crate::legacy::Backend;
use crate::small::SMALL;

const TABLES: [(Table, &str); 4] = [
    (Table::Genre, "id, name, region, description"),
    (Table::TuneType, "id, name, rhythm, description"),
    (Table::GenreTuneType, "genre_id, tune_type_id"),
    (Table::Instrument, "id, instrument, description, genre_default, private_to_user, deleted"),
];

#[tokio::test]
async fn a_server_and_a_device_begin_with_the_same() {
    let backend = Backend::start().await;
    let mut device = store(10);
    assert!(device.lay_reference_data(now()).unwrap());
    for (table, columns) in TABLES {
        let sql = format!(
            "select coalesce(jsonb_agg(to_jsonb(x) order by x::text collate \"C\"), '[]')::text from (select {columns} from public.{table}) x"
        );
        let there: serde_json::Value = serde_json::from_str(&backend.text(&sql).await).unwrap();
        let mut there: Vec<serde_json::Value> = there.as_array().unwrap().clone();
        let here = row::select(device.conn(), table, "true", []).unwrap();
        let names: Vec<&str> = columns.split(", ").collect();
        let mut here: Vec<serde_json::Value> = here
            .into_iter()
            .map(|row| {
                let cell = |name: &&str| match (*name, &row[*name]) {
                    ("deleted", value) => (name.to_string(), (value == 1).into()),
                    (_, value) => (name.to_string(), value.clone()),
                };
                serde_json::Value::Object(names.iter().map(cell).collect())
            })
            .collect();
        there.sort_by_key(ToString::to_string);
        here.sort_by_key(ToString::to_string);
        assert!(here.len() >= 13, "{table}");
        assert_eq!(here, there, "{table}");
    }
    assert_eq!(outbox::counts(device.conn()).unwrap().pending, 0, "none of it is hers to send");
    assert!(!device.lay_reference_data(now()).unwrap(), "once");
    // The kinds of tune are those the app has words for; ids of instruments follow from their names.
    let mut kinds: Vec<String> = row::select(device.conn(), Table::TuneType, "true", [])
        .unwrap()
        .iter()
        .map(|row| row["id"].as_str().unwrap().to_owned())
        .collect();
    let mut known: Vec<String> = KINDS.iter().map(|(id, ..)| id.to_string()).collect();
    kinds.sort();
    known.sort();
    assert_eq!(kinds, known);
    for instrument in row::select(device.conn(), Table::Instrument, "true", []).unwrap() {
        let name = instrument["instrument"].as_str().unwrap();
        assert_eq!(
            instrument["id"],
            Uuid::new_v5(&NAMESPACE, format!("instrument:{name}").as_bytes()).to_string(),
            "{name}"
        );
    }
}

/// Made before the first pull, without an account, on an instrument that was laid down: taken along, it is accepted, and nothing comes twice.
#[test]
fn what_was_laid_down_meets_what_comes() {
    run(async {
        let stack = stack().await;
        let (_, session) = account(&stack).await;
        let flute = InstrumentId(Uuid::new_v5(&NAMESPACE, b"instrument:Irish Flute"));
        let mut local = store(10);
        local.lay_reference_data(now()).unwrap();
        local.create_repertoire(now(), "", Some(flute)).unwrap();
        let identity = Identity { user: session.user, device: DeviceId(Uuid::now_v7()) };
        let mut hers = Store::open(Connection::open_in_memory().unwrap(), identity).unwrap();
        hers.lay_reference_data(now()).unwrap();
        let before = row::select(hers.conn(), Table::Instrument, "true", []).unwrap().len();
        Luggage::pack(&local).unwrap().unpack(&mut hers, now(), &mut |_, _| ()).unwrap();

        let device = Device::resume(config(&stack), Rc::new(RefCell::new(hers)), Some(session));
        device.synced().await;
        assert_eq!(device.refused(), Vec::<String>::new());
        assert_eq!(device.count("select count(*) from instrument"), before as i64, "each came once");
        assert_eq!(
            device.count("select count(*) from instrument where sync_version = 0"),
            0,
            "and is the server's now"
        );
        let sql = format!("select count(*) from public.playlist where instrument_ref = '{flute}'");
        assert_eq!(database(&stack).await.query_one(&sql, &[]).await.unwrap().get::<_, i64>(0), 1);
        device.driver.stop();
        stack.stop().await;
    });
}

#[test]
fn a_file_meets_the_instruments_that_are_offered() {
    let mut device = store(10);
    device.lay_reference_data(now()).unwrap();
    let db = Connection::open_in_memory().unwrap();
    db.execute_batch(SMALL).unwrap();
    db.execute_batch("update instrument set instrument = 'Irish Flute'").unwrap();
    let mut chosen = choose("small.sqlite3", &bytes(db));
    let done = ask(&mut chosen, &mut device, &nobody(), DataRequest::TakeIn(person(1))).unwrap();
    let instruments = counts(&done).into_iter().find(|table| table.0 == "instrument").unwrap();
    assert_eq!(instruments, ("instrument", 1, 0, 0, 1, 0), "the one of that name is there");
    let (all, _) = device.repertoires().unwrap();
    let flute = Uuid::new_v5(&NAMESPACE, b"instrument:Irish Flute");
    assert_eq!(all[0].instrument_id, Some(InstrumentId(flute)));
}
