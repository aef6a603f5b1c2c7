//! The catalogue is true: every column of the real files and of the new schema is in it, and the guide shows it.

use std::collections::BTreeSet;

use tunetrees::legacy::catalogue::{self, Becomes, TABLES};
use tunetrees::legacy::convert::draft::carried;
use tunetrees::legacy::{Source, excerpt};
use tunetrees::store::schema::Table;

use crate::legacy::{here, shared};

#[test]
fn every_column_of_every_known_file_is_mapped_or_dropped_with_a_reason() {
    let files = ["tunetrees_test_clean.sqlite3", "legacy-2025-01.sqlite3"].into_iter().filter_map(shared);
    let mut sources: Vec<Source> = files.map(|path| Source::open(&path, None).unwrap()).collect();
    sources.push(excerpt::bundled("2026-03-02T10:00:00Z".parse().unwrap()).unwrap());
    for source in &sources {
        assert!(source.unknown_columns.is_empty(), "{}: {:?}", source.name, source.unknown_columns);
        for table in source.others.keys() {
            assert!(!catalogue::why_not_migrated(table).starts_with("not a table"), "{table}");
        }
    }
}

#[test]
fn every_column_of_the_new_schema_is_filled_by_something() {
    let targets: BTreeSet<&str> = TABLES.iter().map(|t| t.target.name()).collect();
    assert_eq!(targets.len(), Table::ALL.len(), "each table of the new schema comes from one legacy table");
    for table in &TABLES {
        let mut filled: BTreeSet<&str> = ["last_modified_at", "device_id"].into();
        for (column, becomes) in table.columns {
            match becomes {
                Becomes::Same => filled.insert(column),
                Becomes::Rule(target, _) => filled.insert(target),
                Becomes::Dropped(_) => true,
            };
        }
        filled.extend(table.fills.iter().map(|(column, _)| *column));
        for column in carried(table.target) {
            assert!(filled.contains(column.name), "nothing fills {}.{}", table.target, column.name);
        }
        let known: BTreeSet<&str> = carried(table.target).map(|c| c.name).collect();
        let unknown: Vec<_> = filled
            .iter()
            .filter(|c| {
                !known.contains(*c) && (table.target.is_synced() || !matches!(**c, "last_modified_at" | "device_id"))
            })
            .collect();
        assert!(unknown.is_empty(), "{} has no {unknown:?}", table.target);
    }
}

/// The converter reads the columns that the catalogue says it reads: the code has the name of each in the file of its table.
#[test]
fn the_guide_shows_the_catalogue() {
    let path = here().join("docs/migration-guide.md");
    let guide = std::fs::read_to_string(&path).unwrap();
    let (begin, end) = ("<!-- catalogue: written by the test -->\n", "<!-- end of catalogue -->");
    let (before, rest) = guide.split_once(begin).expect("the guide has a place for the catalogue");
    let (shown, after) = rest.split_once(end).expect("the place ends");
    let wanted = catalogue::to_markdown();
    if std::env::var_os("UPDATE_GUIDE").is_some() {
        std::fs::write(&path, format!("{before}{begin}{wanted}{end}{after}")).unwrap();
    } else {
        assert_eq!(shown, wanted, "run the test with UPDATE_GUIDE=1 to write docs/migration-guide.md anew");
    }
}
