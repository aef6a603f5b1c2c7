use super::conflict::place;
use super::*;
use crate::domain::ids::TuneId;
use crate::store::attention::{ConflictNote, ConflictState, EditKind, OtherSide, RefusedEdit};

fn about(table: Table, what: Option<&str>) -> Subject {
    Subject { table, row_id: "x".into(), what: what.map(str::to_owned), tune: None }
}

fn phone() -> OtherSide {
    OtherSide::Device(Some("Phone".into()))
}

fn note(table: Table, field: &str, here: Option<&str>, there: Option<&str>, kept_here: bool) -> ConflictWords {
    let owned = |text: Option<&str>| text.map(str::to_owned);
    let note = ConflictNote {
        id: "1".into(),
        subject: about(table, Some("The Abbey Reel")),
        field: field.into(),
        here: owned(here),
        there: owned(there),
        from: phone(),
        kept_here,
        state: ConflictState::Settled,
        at: Timestamp::from_micros(0),
    };
    conflict(&note, &chrono::Utc)
}

#[test]
fn a_conflict_is_told_with_both_values_and_the_devices_name() {
    let told = note(Table::Tune, "mode", Some("G Major"), Some("A Major"), true);
    assert_eq!(told.headline, "‘The Abbey Reel’: mode was changed here and on Phone");
    let sides: Vec<_> = told.sides.iter().map(|s| (s.place.as_str(), s.value.as_str(), s.stands)).collect();
    assert_eq!(sides, [("Here", "G Major", true), ("On Phone", "A Major", false)]);
    assert_eq!((told.use_other.as_str(), told.keep.as_str()), ("Use the one from Phone", "Keep the one from here"));
    let told = note(Table::Note, "note_text", Some("<p>slow</p>"), None, false);
    assert_eq!(told.headline, "Note on ‘The Abbey Reel’: text was changed here and on Phone");
    assert_eq!([told.sides[0].value.as_str(), told.sides[1].value.as_str()], ["slow", "(nothing)"]);
    assert_eq!(told.use_other, "Use the one from here");
}

#[test]
fn whatever_a_person_edits_leads_to_the_page_where_it_is_edited() {
    let page = |table| page_of(&about(table, None));
    let without: Vec<Table> =
        Table::ALL.into_iter().filter(|table| table.is_synced() && page(*table).is_none()).collect();
    // Those of a tune have its page.
    let of_tunes = [Table::Tune, Table::TuneOverride, Table::Note, Table::Reference, Table::Tag, Table::PracticeRecord];
    let by_itself = [Table::Instrument, Table::UserProfile, Table::TabGroupMainState, Table::TableState];
    assert!(without.iter().all(|table| of_tunes.contains(table) || by_itself.contains(table)), "{without:?}");
    assert_eq!(page(Table::Playlist).as_deref(), Some("/repertoires"), "where it is renamed");
    assert_eq!(page(Table::PrefsSchedulingOptions).as_deref(), Some("/settings/practice"));
    let tune = TuneId(uuid::Uuid::from_u128(7));
    for table in of_tunes {
        let of_tune = Subject { tune: Some(tune), ..about(table, None) };
        assert_eq!(page_of(&of_tune), Some(format!("/tune/{tune}")));
    }
}

#[test]
fn names_of_devices_read_as_names() {
    assert_eq!(place(&OtherSide::Device(Some("Chrome on Android".into()))), "on ‘Chrome on Android’");
    assert_eq!(place(&OtherSide::Device(None)), "on another device");
    assert_eq!(place(&OtherSide::Server), "on the server");
}

#[test]
fn ids_are_not_shown_dates_are_dates_and_long_texts_are_cut() {
    let ids = ["00000000-0000-0000-0000-0000000000aa", "00000000-0000-0000-0000-0000000000bb"];
    let told = note(Table::Note, "playlist_ref", Some(ids[0]), Some(ids[1]), true);
    assert_eq!(told.sides[0].value, "another one than there");
    let told = note(Table::PlaylistTune, "scheduled", Some("2026-03-02T12:00:00.000000Z"), None, true);
    assert_eq!(told.sides[0].value, "2 Mar 2026");
    assert!(told.headline.contains("chosen date"), "{}", told.headline);
    let told = note(Table::Tune, "incipit", Some(&"a".repeat(1000)), None, true);
    assert_eq!(told.sides[0].value.chars().count(), LONGEST_VALUE + 1);
}

#[test]
fn a_deletion_and_a_change_say_who_did_which() {
    let told = note(Table::Tune, "deleted", Some("no"), Some("yes"), true);
    assert_eq!(told.headline, "‘The Abbey Reel’ was changed here and deleted on Phone");
    assert_eq!(
        [told.sides[0].value.as_str(), told.sides[1].value.as_str()],
        ["Kept, with what was changed", "Deleted"]
    );
    let told = note(Table::Tune, "deleted", Some("yes"), Some("no"), true);
    assert_eq!(told.headline, "‘The Abbey Reel’ was deleted here and changed on Phone");
    assert_eq!(told.sides[0].value, "Deleted");
}

fn edit(kind: EditKind, code: &str, on_server: bool, dependants: Vec<Subject>) -> RefusedEdit {
    RefusedEdit {
        subject: about(Table::Tune, Some("The Kesh")),
        kind,
        fields: if kind == EditKind::Changed { vec!["mode".into(), "type".into()] } else { Vec::new() },
        code: code.into(),
        message: "violates check constraint".into(),
        at: Timestamp::from_micros(0),
        on_server,
        dependants,
    }
}

#[test]
fn every_code_has_its_words_and_the_servers_own_are_kept() {
    let mut reasons: Vec<String> = Vec::new();
    let codes =
        ["23505", "23503", "23514", "42501", "42703", "22P02", "23502", "22001", "PT409", "device", "gone", "XX000"];
    for code in codes {
        let told = refused(&edit(EditKind::Changed, code, true, Vec::new()));
        assert!(!reasons.contains(&told.reason), "{code}: {}", told.reason);
        assert_eq!(told.server, format!("violates check constraint (code {code})"));
        reasons.push(told.reason);
    }
}

#[test]
fn what_is_lost_is_said_before() {
    let told = refused(&edit(EditKind::Changed, "23514", true, Vec::new()));
    assert_eq!(told.did, "Changed on this device: mode and kind of tune");
    assert_eq!(told.loss, "‘The Kesh’ is again as the server has it; your change is lost: mode and kind of tune.");
    let told = refused(&edit(EditKind::Deleted, "42501", true, Vec::new()));
    assert_eq!(told.loss, "‘The Kesh’ comes back, as the server has it.");
    let with_note = vec![about(Table::Note, Some("The Kesh"))];
    let told = refused(&edit(EditKind::Made, "23505", false, with_note.clone()));
    assert_eq!(
        told.loss,
        "‘The Kesh’ was never on the server: it is removed from this device, and with it note on ‘The Kesh’."
    );
    let many = [with_note.clone(), with_note, vec![about(Table::PlaylistTune, None)]].concat();
    let edit = edit(EditKind::Made, "23505", false, many);
    assert_eq!(dependants(&edit).as_deref(), Some("Waiting for it: 2 notes and 1 place in a repertoire"));
    assert!(refused(&edit).loss.contains("3 things that belong to it"));
}

#[test]
fn a_row_without_a_name_is_called_by_its_kind() {
    assert_eq!(subject(&about(Table::Note, None)), "A note");
    assert_eq!(subject(&about(Table::UserProfile, None)), "Your profile");
    assert_eq!(file_name("export", Timestamp::from_micros(0), &chrono::Utc), "tunetrees-export-1970-01-01.json");
}

#[test]
fn every_kind_of_row_is_called_by_its_name() {
    for table in Table::ALL {
        assert!(subject(&about(table, Some("Fiddle"))).contains("‘Fiddle’"), "{table}");
    }
}
