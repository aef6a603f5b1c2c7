//! What she takes away and what a report says.

use crate::conflicts::disagreement;
use crate::refusals::refusals;
use crate::world::*;
use serde_json::Value;
use tunetrees::store::devices;
use tunetrees::store::schema::Table;
use tunetrees::sync::store::strategy;
use tunetrees::sync::strategy::Strategy;
use tunetrees::worker::protocol::{AttentionAnswer, AttentionRequest, DataRequest, Response};
use tunetrees::worker::requests;

#[test]
fn the_export_has_everything_she_has_sent_or_not() {
    let (mut a, _, [instrument, .., tune]) = refusals();
    let Response::Export(text) = a.ask(DataRequest::ExportEverything) else { panic!("an export") };
    let export: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(export["format"], "tunetrees-export");
    assert_eq!(export["tables"]["instrument"][0]["id"], instrument);
    assert_eq!(export["tables"]["tune"][0]["mode"], "X");
    assert_eq!(export["not_sent"].as_array().unwrap().len(), 4);
    let unsent = export["not_sent"].as_array().unwrap().iter().find(|entry| entry["row_id"] == tune).unwrap();
    assert_eq!(unsent["base"]["mode"], "D", "the server's state of it, too");
    let (mut a, _, mut server, _) = disagreement(Strategy::Fields);
    a.sync(&mut server);
    let Response::Export(text) = a.ask(DataRequest::ExportEverything) else { panic!("an export") };
    let export: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(export["conflicts"][0]["local_value"], "G");
}

#[test]
fn the_strategy_and_the_name_are_kept() {
    let mut a = Device::new(1);
    assert_eq!(strategy(&a.store).unwrap(), Strategy::Fields);
    a.ask(AttentionRequest::ChooseStrategy { strategy: Strategy::Ask });
    let Response::Attention(AttentionAnswer::SyncSettings(settings)) =
        a.ask(AttentionRequest::NameDevice { name: "  Phone\n in the kitchen ".into() })
    else {
        panic!("settings")
    };
    assert_eq!((settings.name.as_deref(), settings.strategy), (Some("Phone in the kitchen"), Strategy::Ask));
    let mut a = a.reopened();
    let Response::Attention(AttentionAnswer::SyncSettings(again)) = a.ask(AttentionRequest::SyncSettings) else {
        panic!("settings")
    };
    assert_eq!(again, settings);
    assert!(
        requests::answer(&mut a.store, AttentionRequest::NameDevice { name: " ".into() }, at(0), &chrono::Utc).is_err()
    );
    assert_eq!(devices::tidy_name(&"x".repeat(99)).unwrap().len(), devices::LONGEST_NAME);
}

#[test]
fn a_report_has_numbers_and_codes_only() {
    let (mut a, ..) = refusals();
    let Response::Attention(AttentionAnswer::Facts(facts)) = a.ask(AttentionRequest::Facts) else { panic!("facts") };
    assert!(facts.outbox.contains(&("instrument".into(), "refused".into(), "23505".into(), 1)));
    assert!(facts.rows.contains(&(Table::PlaylistTune, 1, 0)));
    assert!(facts.schema >= 4 && facts.bytes > 0);
    assert!(!format!("{facts:?}").contains("Kesh"));
}
