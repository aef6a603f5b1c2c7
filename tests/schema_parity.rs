#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used)]
//! The two schemas and the catalogue in Rust say the same: reads both databases' own catalogues after all migrations, and
//! fails on any table, column, type, nullability, check, unique or foreign key that differs without a reason given here.

mod server;

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::Connection;
use server::Server;
use tunetrees::domain::ids::{DeviceId, UserId};
use tunetrees::store::schema::{ColumnType, Table};
use tunetrees::store::{Identity, Store};
use uuid::Uuid;

/// Columns of the server that devices do not have.
const SERVER_COLUMNS: [(&str, &str); 1] =
    [("sync_xid", "the position of a row in the order of pulling; no device may know or set it")];

/// Foreign keys of the server that devices do not have: (table, column, why).
const SERVER_KEYS: [(&str, &str, &str); 6] = [
    ("user_profile", "id", "accounts (auth.users) exist on the server only"),
    ("note", "user_ref", "public notes of others come without their profiles"),
    ("note", "tune_ref", "public notes of others may be on tunes that only they see"),
    ("note", "playlist_ref", "public notes of others may name their repertoires"),
    ("reference", "user_ref", "as for notes"),
    ("reference", "tune_ref", "as for notes"),
];

/// Tables that the server has for itself.
const SERVER_TABLES: [(&str, &str); 4] = [
    ("sync_device", "the names of a person's devices; comes with a pull, not row by row"),
    ("sync_milestone", "which transaction ran when, so that old tombstones can be told"),
    ("sync_mark", "names the history anew after a dump was loaded in place"),
    ("sync_floor", "up to where tombstones were purged"),
];

/// Tables that devices have for themselves.
const DEVICE_TABLES: [(&str, &str); 5] = [
    ("sync_seen", "which rows have come in a full compare"),
    ("sync_meta", "state of the sync on this device"),
    ("sync_queue", "the outbox"),
    ("sync_conflict", "conflicts this device has settled"),
    ("scheduling_state", "derived from practice_record"),
];

/// Defaults that differ: a row made on a device has version 0 and its writer states the time.
const OTHER_DEFAULTS: [&str; 2] = ["sync_version", "last_modified_at"];

#[derive(Debug, Default, PartialEq, Eq)]
struct TableShape {
    /// name -> (type as PostgreSQL calls it, nullable, default)
    columns: BTreeMap<String, (String, bool, Option<String>)>,
    primary_key: Vec<String>,
    uniques: BTreeMap<String, Vec<String>>,
    /// (columns, table, columns)
    foreign_keys: BTreeSet<(String, String, String)>,
    checks: BTreeMap<String, String>,
}

type Shapes = BTreeMap<String, TableShape>;

/// A device's database, as the app itself makes it.
fn device() -> Connection {
    let identity = Identity { user: UserId(Uuid::from_u128(1)), device: DeviceId(Uuid::from_u128(2)) };
    Store::open(Connection::open_in_memory().unwrap(), identity).unwrap().into_connection()
}

fn strings(db: &Connection, sql: &str) -> Vec<Vec<Option<String>>> {
    let mut statement = db.prepare(sql).unwrap();
    let width = statement.column_count();
    let rows = statement
        .query_map([], |row| {
            (0..width)
                .map(|i| {
                    Ok(match row.get_ref(i)? {
                        rusqlite::types::ValueRef::Null => None,
                        rusqlite::types::ValueRef::Integer(n) => Some(n.to_string()),
                        other => Some(other.as_str()?.to_owned()),
                    })
                })
                .collect()
        })
        .unwrap();
    rows.map(Result::unwrap).collect()
}

/// Strips what only the dialect differs in.
fn plain(check: &str) -> String {
    check
        .chars()
        .filter(|c| !c.is_whitespace() && *c != '(' && *c != ')' && *c != '"')
        .collect::<String>()
        .to_lowercase()
}

/// The type a device column stands for, from its SQLite type and the check that narrows it.
fn meant_type(table: &str, column: &str, sqlite: &str, sql: &str) -> String {
    let narrowed = |with: &str| {
        sql.lines().any(|line| {
            let line = line.trim().replace('"', "");
            line.starts_with(&format!("{column} ")) && line.contains(&format!("check ({column} {with}"))
        })
    };
    match sqlite {
        "INTEGER" if narrowed("in (0, 1))") => "boolean".into(),
        "INTEGER" => "integer".into(),
        "REAL" => "double precision".into(),
        "TEXT" if narrowed("glob '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T") => "timestamp with time zone".into(),
        "TEXT" if narrowed("glob '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]')") => "date".into(),
        // Text or uuid: the device cannot tell, the catalogue in Rust says it.
        "TEXT" => match Table::from_name(table).and_then(|t| t.column(column)).map(|c| c.ty) {
            Some(ColumnType::Uuid) => "uuid".into(),
            _ => "text".into(),
        },
        other => panic!("{table}.{column} has the type {other}"),
    }
}

fn device_shapes(db: &Connection) -> Shapes {
    let mut shapes = Shapes::new();
    let tables = strings(db, "select name, sql from sqlite_schema where type = 'table' and name not like 'sqlite_%'");
    for row in tables {
        let (name, sql) = (row[0].clone().unwrap(), row[1].clone().unwrap());
        let mut shape = TableShape::default();
        for c in strings(
            db,
            &format!("select name, type, \"notnull\", dflt_value, pk from pragma_table_info('{name}') order by cid"),
        ) {
            let column = c[0].clone().unwrap();
            let mut default = c[3].clone();
            let ty = meant_type(&name, &column, c[1].as_deref().unwrap(), &sql);
            if ty == "boolean" {
                default = default.map(|d| if d == "0" { "false".into() } else { "true".into() });
            }
            shape.columns.insert(column, (ty, c[2].as_deref() == Some("0"), default));
        }
        shape.primary_key =
            strings(db, &format!("select name from pragma_table_info('{name}') where pk > 0 order by pk"))
                .into_iter()
                .map(|r| r[0].clone().unwrap())
                .collect();
        for f in strings(db, &format!("select \"from\", \"table\", \"to\" from pragma_foreign_key_list('{name}')")) {
            shape.foreign_keys.insert((f[0].clone().unwrap(), f[1].clone().unwrap(), f[2].clone().unwrap()));
        }
        // Names of constraints are in the text only.
        for line in sql.lines().map(|l| l.trim().trim_end_matches(',')) {
            let Some(rest) = line.strip_prefix("constraint ") else { continue };
            let (constraint, definition) = rest.split_once(' ').unwrap();
            if let Some(columns) = definition.strip_prefix("unique (") {
                let columns = columns.trim_end_matches(')').split(", ").map(str::to_owned).collect();
                shape.uniques.insert(constraint.to_owned(), columns);
            } else {
                shape.checks.insert(constraint.to_owned(), plain(definition.strip_prefix("check ").unwrap()));
            }
        }
        shapes.insert(name, shape);
    }
    shapes
}

async fn server_shapes(db: &tokio_postgres::Client) -> Shapes {
    let mut shapes = Shapes::new();
    let columns = "select c.relname::text, a.attname::text, format_type(a.atttypid, a.atttypmod), not a.attnotnull, pg_get_expr(d.adbin, d.adrelid)
        from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
        left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
        where c.relnamespace = 'public'::regnamespace and c.relkind = 'r'";
    for row in db.query(columns, &[]).await.unwrap() {
        let default: Option<String> = row.get(4);
        let default = default.map(|d| d.replace("::text", ""));
        let shape = shapes.entry(row.get(0)).or_default();
        shape.columns.insert(row.get(1), (row.get(2), row.get(3), default));
    }
    let constraints = "select c.relname::text, k.conname::text, k.contype::text,
          array(select a.attname::text from unnest(k.conkey) with ordinality u(n, i) join pg_attribute a on a.attrelid = k.conrelid and a.attnum = u.n order by i),
          f.relname::text,
          array(select a.attname::text from unnest(k.confkey) with ordinality u(n, i) join pg_attribute a on a.attrelid = k.confrelid and a.attnum = u.n order by i),
          pg_get_constraintdef(k.oid)
        from pg_constraint k join pg_class c on c.oid = k.conrelid left join pg_class f on f.oid = k.confrelid
        where c.relnamespace = 'public'::regnamespace and c.relkind = 'r'";
    for row in db.query(constraints, &[]).await.unwrap() {
        let shape = shapes.entry(row.get(0)).or_default();
        let (name, kind, columns): (String, &str, Vec<String>) = (row.get(1), row.get(2), row.get(3));
        match kind {
            "p" => shape.primary_key = columns,
            "u" => drop(shape.uniques.insert(name, columns)),
            "f" => {
                let (table, targets): (String, Vec<String>) = (row.get(4), row.get(5));
                shape.foreign_keys.insert((columns.join(","), table, targets.join(",")));
            }
            "c" => drop(shape.checks.insert(name, row.get(6))),
            other => panic!("constraint {name} is of kind {other}, which this test does not know"),
        }
    }
    for (table, _why) in SERVER_TABLES {
        assert!(shapes.remove(table).is_some(), "the server has no table {table}: take it off the list");
    }
    shapes
}

/// PostgreSQL rewrites `in` and `between`; both forms become a set of the words they consist of.
fn words(check: &str) -> BTreeSet<String> {
    let text = check.to_lowercase().replace("::text", "").replace("array[", " ").replace("any", " ");
    text.split(|c: char| !(c.is_alphanumeric() || c == '_' || c == '-'))
        .filter(|w| !w.is_empty() && !["check", "in", "between", "and", "any", "array"].contains(w))
        .map(str::to_owned)
        .collect()
}

#[tokio::test]
async fn both_databases_have_the_same_tables() {
    let server = Server::new().await;
    let theirs = server_shapes(&server.admin().await).await;
    let db = device();
    let mut ours = device_shapes(&db);
    for (table, _why) in DEVICE_TABLES {
        assert!(ours.remove(table).is_some(), "the device has no table {table}: take it off the list");
    }
    let names = |shapes: &Shapes| shapes.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&ours), names(&theirs));
    assert_eq!(names(&ours).len(), 19);

    let mut excused_keys: BTreeSet<(&str, &str)> = SERVER_KEYS.iter().map(|(t, c, _)| (*t, *c)).collect();
    for (name, mine) in &ours {
        let theirs = &theirs[name];
        let mut their_columns: BTreeMap<_, _> = theirs.columns.iter().collect();
        for (column, _why) in SERVER_COLUMNS {
            assert!(their_columns.remove(&column.to_owned()).is_some(), "{name} has no {column}");
            assert!(!mine.columns.contains_key(column), "devices must not have {column}");
        }
        assert_eq!(
            mine.columns.keys().collect::<Vec<_>>(),
            their_columns.keys().copied().collect::<Vec<_>>(),
            "columns of {name}"
        );
        for (column, (ty, nullable, default)) in &mine.columns {
            let (their_type, their_nullable, their_default) = their_columns[column];
            assert_eq!((ty, nullable), (their_type, their_nullable), "{name}.{column}: type, nullable");
            if !OTHER_DEFAULTS.contains(&column.as_str()) {
                assert_eq!(default, their_default, "default of {name}.{column}");
            }
        }
        assert_eq!(mine.primary_key, theirs.primary_key, "primary key of {name}");
        assert_eq!(mine.uniques, theirs.uniques, "unique constraints of {name}");
        assert_eq!(
            mine.checks.keys().collect::<Vec<_>>(),
            theirs.checks.keys().collect::<Vec<_>>(),
            "named checks of {name}"
        );
        for (check, definition) in device_check_texts(&db, name) {
            assert_eq!(words(&definition), words(&theirs.checks[&check]), "check {check}");
        }
        let their_keys: BTreeSet<_> = theirs
            .foreign_keys
            .iter()
            .filter(|(column, _, _)| !excused_keys.remove(&(name.as_str(), column.as_str())))
            .cloned()
            .collect();
        assert_eq!(mine.foreign_keys, their_keys, "foreign keys of {name}");
    }
    assert!(excused_keys.is_empty(), "foreign keys that are excused but not there: {excused_keys:?}");
}

fn device_check_texts(db: &Connection, table: &str) -> Vec<(String, String)> {
    let sql = strings(db, &format!("select sql from sqlite_schema where name = '{table}' and type = 'table'"));
    let sql = sql[0][0].clone().unwrap();
    let named = |line: &str| {
        let (name, rest) = line.trim().strip_prefix("constraint ")?.split_once(" check ")?;
        Some((name.to_owned(), rest.to_owned()))
    };
    sql.lines().filter_map(named).collect()
}

#[tokio::test]
async fn the_catalogue_in_rust_says_what_the_server_says() {
    let server = Server::new().await;
    let shapes = server_shapes(&server.admin().await).await;
    assert_eq!(
        Table::ALL.map(|t| t.name().to_owned()).into_iter().collect::<BTreeSet<_>>(),
        shapes.keys().cloned().collect()
    );
    for (rank, table) in Table::ALL.into_iter().enumerate() {
        let shape = &shapes[table.name()];
        let mut there = shape.columns.clone();
        there.remove("sync_xid");
        let here: BTreeMap<_, _> = table.columns().iter().map(|c| (c.name.to_owned(), c)).collect();
        assert_eq!(here.keys().collect::<Vec<_>>(), there.keys().collect::<Vec<_>>(), "columns of {table}");
        for (name, column) in here {
            let ty = match column.ty {
                ColumnType::Uuid => "uuid",
                ColumnType::Text => "text",
                ColumnType::Bool => "boolean",
                ColumnType::Int => "integer",
                ColumnType::Real => "double precision",
                ColumnType::Timestamp => "timestamp with time zone",
                ColumnType::Date => "date",
            };
            assert_eq!((ty, column.nullable), (there[&name].0.as_str(), there[&name].1), "{table}.{name}");
        }
        assert_eq!(table.primary_key(), shape.primary_key, "primary key of {table}");
        assert_eq!(table.is_synced(), shape.columns.contains_key("sync_version"), "{table}");
        for (_, parent, _) in &shape.foreign_keys {
            if let Some(parent) = Table::from_name(parent) {
                let at = Table::ALL.iter().position(|t| *t == parent).unwrap();
                assert!(at < rank, "{table} comes before its parent {parent}");
            }
        }
        if let Some(owner) = table.owner_column() {
            assert_eq!(shape.columns[owner].0, "uuid", "owner of {table}");
        }
    }
}

#[test]
fn every_outbox_trigger_knows_every_column() {
    let db = device();
    for table in Table::ALL.into_iter().filter(|t| t.is_synced()) {
        let triggers = strings(
            &db,
            &format!(
                "select name, sql from sqlite_schema where type = 'trigger' and tbl_name = '{table}' order by name"
            ),
        );
        let sql = |name: &str| {
            let name = format!("{table}_{name}");
            let found = triggers.iter().find(|t| t[0].as_ref() == Some(&name));
            found.unwrap_or_else(|| panic!("no trigger {name}"))[1].clone().unwrap().replace('"', "")
        };
        sql("queue_insert");
        sql("no_delete");
        let update = sql("queue_update");
        for column in table.columns().iter().map(|c| c.name) {
            assert!(
                update.contains(&format!("'{column}', old.{column}")),
                "{table}_queue_update keeps no base of {column}"
            );
            // Sync columns alone are no edit, and the id never changes.
            let is_edit = !["id", "sync_version", "last_modified_at", "device_id"].contains(&column);
            let watched =
                [" ", "\n", ")"].iter().any(|end| update.contains(&format!("old.{column} is not new.{column}{end}")));
            assert_eq!(watched, is_edit, "{table}_queue_update and {column}");
        }
    }
}

#[tokio::test]
async fn the_views_have_the_same_columns_and_can_be_queried() {
    let server = Server::new().await;
    let admin = server.admin().await;
    let db = device();
    let views = strings(&db, "select name from sqlite_schema where type = 'view' order by name");
    let here: Vec<String> = views.into_iter().map(|r| r[0].clone().unwrap()).collect();
    let there =
        admin.query("select viewname::text from pg_views where schemaname = 'public' order by 1", &[]).await.unwrap();
    assert_eq!(here, there.iter().map(|r| r.get::<_, String>(0)).collect::<Vec<_>>());
    for view in here {
        let statement = db.prepare(&format!("select * from {view}")).unwrap();
        let ours = statement.column_names().collect::<Vec<_>>().join(", ");
        let theirs = admin.prepare(&format!("select * from public.{view}")).await.unwrap();
        let theirs: Vec<_> = theirs.columns().iter().map(tokio_postgres::Column::name).collect();
        assert_eq!(ours, theirs.join(", "), "{view}");
        db.prepare(&format!("select * from {view}")).unwrap().query([]).unwrap().next().unwrap();
        let invoker = "select 'security_invoker=true' = any (reloptions) from pg_class where oid = $1::text::regclass";
        assert!(admin.query_one(invoker, &[&format!("public.{view}")]).await.unwrap().get::<_, bool>(0), "{view}");
    }
}
