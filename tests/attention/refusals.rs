//! What the server did not accept, and what hangs on it.

use crate::world::*;
use tunetrees::row;
use tunetrees::store::StoreError;
use tunetrees::store::attention::EditKind;
use tunetrees::store::row as rows;
use tunetrees::store::schema::Table;
use tunetrees::worker::protocol::AttentionRequest;
use tunetrees::worker::requests;

/// An instrument that is refused, a repertoire on it, a tune in that; a tag that is refused for itself.
pub fn refusals() -> (Device, Server, [String; 4]) {
    let (mut a, mut server) = (Device::new(1), Server::default());
    let tune = a.tune(1, 0xaa, "The Kesh");
    a.sync(&mut server);
    let [instrument, playlist, member] = [id(0x11), id(0x12), id(0x13)];
    let me = USER.to_string();
    a.insert(2, Table::Instrument, row! { "id": instrument, "private_to_user": me, "instrument": "Fiddle" });
    a.insert(3, Table::Playlist, row! { "id": playlist, "user_ref": me, "instrument_ref": instrument });
    let row = row! { "id": member, "user_ref": me, "playlist_ref": playlist, "tune_ref": tune };
    a.insert(4, Table::PlaylistTune, row);
    a.set(5, Table::Tune, &tune, row! { "mode": "X", "type": "Reel" });
    server.refuses = Some(|op| match op.table {
        Table::Instrument => Some("23505"),
        Table::Playlist | Table::PlaylistTune => Some("23503"),
        _ => Some("23514"),
    });
    a.sync(&mut server);
    (a, server, [instrument, playlist, member, tune])
}

#[test]
fn refused_edits_are_told_with_what_hangs_on_them() {
    let (mut a, mut server, [instrument, playlist, member, tune]) = refusals();
    assert_eq!(a.counts(), (0, 0, 4));
    let (edits, total) = a.store.refused_edits(50).unwrap();
    assert_eq!((edits.len(), total), (2, 2), "{edits:?}");
    assert_eq!((edits[0].subject.what.as_deref(), edits[0].code.as_str()), (Some("The Kesh"), "23514"));
    assert_eq!((edits[0].kind, edits[0].on_server), (EditKind::Changed, true));
    assert_eq!(edits[0].fields, ["type", "mode"]);
    assert_eq!(edits[0].subject.tune.unwrap().to_string(), tune);
    assert_eq!((edits[1].subject.what.as_deref(), edits[1].kind), (Some("Fiddle"), EditKind::Made));
    let hang: Vec<_> = edits[1].dependants.iter().map(|d| (d.table, d.row_id.clone())).collect();
    assert_eq!(hang, [(Table::Playlist, playlist.clone()), (Table::PlaylistTune, member)]);
    assert_eq!(a.store.refused_edits(1).unwrap().0.len(), 1);

    // The copy has it all.
    let copy = a.store.export_refused(at(9), Table::Instrument, &instrument).unwrap();
    for part in ["Fiddle", &playlist, "23505"] {
        assert!(copy.contains(part), "{part} in {copy}");
    }
    // One is tried again, with all that hangs on it.
    server.refuses = Some(|op| (op.table == Table::Tune).then_some("23514"));
    a.ask(AttentionRequest::RetryRefusedEdit { table: Table::Instrument, row: instrument.clone() });
    assert_eq!(a.counts(), (3, 0, 1));
    a.sync(&mut server);
    assert_eq!(a.counts(), (0, 0, 1));
    assert!(server.rows.contains_key(&(Table::Instrument, instrument)));
}

#[test]
fn a_discarded_change_is_as_the_server_has_it_and_a_discarded_row_takes_along_what_needs_it() {
    let (mut a, mut server, [instrument, playlist, member, tune]) = refusals();
    a.ask(AttentionRequest::DiscardRefused { table: Table::Tune, row: tune.clone() });
    let theirs = rows::from_wire(Table::Tune, server.row(Table::Tune, &tune)).unwrap();
    assert_eq!(a.row(Table::Tune, &tune).unwrap(), theirs);
    a.ask(AttentionRequest::DiscardRefused { table: Table::Instrument, row: instrument.clone() });
    for (table, id) in [(Table::Instrument, &instrument), (Table::Playlist, &playlist), (Table::PlaylistTune, &member)]
    {
        assert_eq!(a.row(table, id), None, "{table}");
    }
    assert_eq!(a.counts(), (0, 0, 0));
    let broken = a.store.conn().prepare("pragma foreign_key_check").unwrap().exists([]).unwrap();
    assert!(!broken);
    let (user, nowhere) = (a.store.user().to_string(), "00000000-0000-4000-8000-00000000dead");
    let own = row! { "id": "00000000-0000-4000-8000-00000000beef", "user_ref": user, "tune_ref": nowhere };
    let refused: Result<(), StoreError> = a.store.edit(at(3), |edit| edit.insert(Table::TuneOverride, own));
    assert!(refused.unwrap_err().to_string().contains("FOREIGN KEY"), "foreign keys are checked again");
    // Nothing of it comes back, nothing is sent.
    server.refuses = None;
    a.sync(&mut server);
    assert_eq!(server.rows.len(), 1);
    let again = AttentionRequest::DiscardRefused { table: Table::Tune, row: tune };
    assert!(requests::answer(&mut a.store, again, at(0), &chrono::Utc).is_err());
}

#[test]
fn a_discarded_deletion_brings_the_row_back() {
    let (mut a, mut server) = (Device::new(1), Server::default());
    let tune = a.tune(1, 0xaa, "The Kesh");
    a.sync(&mut server);
    a.set(2, Table::Tune, &tune, row! { "deleted": 1 });
    server.refuses = Some(|_| Some("42501"));
    a.sync(&mut server);
    assert_eq!(a.store.refused_edits(9).unwrap().0[0].kind, EditKind::Deleted);
    a.ask(AttentionRequest::DiscardRefused { table: Table::Tune, row: tune.clone() });
    assert_eq!(a.value(&tune, "deleted"), 0);
    assert_eq!(a.counts(), (0, 0, 0));
}
