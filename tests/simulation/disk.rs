//! A device's disk: a database in memory that outlives the tabs. A new one is one that nobody needs any more, emptied: to parse the
//! schema and prepare its statements is most of what a short history costs.

use std::cell::RefCell;

use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};
use tunetrees::domain::ids::{DeviceId, UserId};
use tunetrees::store::schema::{Column, Table};
use tunetrees::store::{Identity, Store};

thread_local! {
    static UNUSED: RefCell<Vec<Connection>> = const { RefCell::new(Vec::new()) };
}

/// More are never needed at once; each holds a megabyte.
const MOST_UNUSED: usize = 24;

/// What is in a new database: one a person.
pub struct Templates(Vec<(UserId, Vec<Content>)>);

/// A table and its rows.
struct Content {
    table: String,
    columns: usize,
    rows: Vec<Vec<Value>>,
}

impl Templates {
    pub fn of(people: &[UserId]) -> Templates {
        Templates(people.iter().map(|user| (*user, contents(fresh(*user).conn()))).collect())
    }

    /// A new database of that person on that device.
    pub fn open(&self, user: UserId, device: DeviceId) -> Store {
        let (_, content) = self.0.iter().find(|(owner, _)| *owner == user).unwrap();
        let unused = UNUSED.with_borrow_mut(Vec::pop);
        let conn = unused.filter(Connection::is_autocommit).unwrap_or_else(|| fresh(user).into_connection());
        refill(&conn, content);
        Store::open(conn, Identity { user, device }).unwrap()
    }
}

/// Nobody needs it any more.
pub fn give_back(store: Store) {
    let conn = store.into_connection();
    crate::room::limit(&conn, false);
    UNUSED.with_borrow_mut(|unused| {
        if unused.len() < MOST_UNUSED {
            unused.push(conn);
        }
    });
}

/// Lays the file out anew: what lies on which page then follows from its content alone, and not from the devices that had the database before.
pub fn tidy(conn: &Connection) {
    conn.execute_batch("vacuum").unwrap();
}

/// A migrated database.
fn fresh(user: UserId) -> Store {
    let conn = Connection::open_in_memory().unwrap();
    let store = Store::open(conn, Identity { user, device: DeviceId(user.0) }).unwrap();
    store.conn().execute_batch(&own_sql()).unwrap();
    store
}

/// What the simulation has in every database.
pub fn own_sql() -> String {
    log_sql() + crate::room::BALLAST
}

/// All tables, children before their parents, and what is in them. First `sync_meta`: without it no trigger fires.
fn contents(conn: &Connection) -> Vec<Content> {
    let sql = "select name from sqlite_schema where type = 'table' and name not like 'sqlite_%' order by name";
    let mut statement = conn.prepare(sql).unwrap();
    let names: Vec<String> = statement.query_map([], |line| line.get(0)).unwrap().collect::<Result<_, _>>().unwrap();
    let read = |table: String| {
        let mut statement = conn.prepare(&format!("select * from \"{table}\"")).unwrap();
        let columns = statement.column_count();
        let row = |line: &rusqlite::Row<'_>| (0..columns).map(|at| line.get(at)).collect::<Result<Vec<Value>, _>>();
        let rows = statement.query_map([], row).unwrap().collect::<Result<_, _>>().unwrap();
        Content { table, columns, rows }
    };
    let mut found: Vec<Content> = names.into_iter().map(read).collect();
    let rank = |content: &Content| match Table::from_name(&content.table) {
        None if content.table == "sync_meta" => (0, None),
        None => (1, None),
        table => (2, Some(std::cmp::Reverse(table))),
    };
    found.sort_by_key(rank);
    found
}

/// Empties the database and fills it anew.
fn refill(conn: &Connection, content: &[Content]) {
    let run = |sql: &str| conn.prepare_cached(sql).unwrap().execute([]).unwrap();
    run("begin");
    for Content { table, .. } in content {
        run(&format!("delete from \"{table}\""));
    }
    run("delete from sqlite_sequence");
    for Content { table, columns, rows } in content.iter().rev() {
        let marks = vec!["?"; *columns].join(", ");
        for row in rows {
            let sql = format!("insert into \"{table}\" values ({marks})");
            conn.prepare_cached(&sql).unwrap().execute(params_from_iter(row)).unwrap();
        }
    }
    run("commit");
}

/// What the simulation notes about local writes, by triggers of its own: every value that an edit set, with the one before.
fn log_sql() -> String {
    let mut sql =
        "create table sim_log (n integer primary key, tbl text not null, id text not null, stamp text not null, \
                   old text, new text not null) strict;"
            .to_owned();
    let array = |side: &str, columns: &[Column]| {
        let names: Vec<String> = columns.iter().map(|column| format!("{side}.\"{}\"", column.name)).collect();
        format!("json_array({})", names.join(", "))
    };
    for table in Table::ALL.into_iter().filter(|table| table.is_synced()) {
        let (old, new) = (array("old", table.columns()), array("new", table.columns()));
        for (event, old) in [("insert", "null".to_owned()), ("update", old)] {
            sql += &format!(
                "create trigger sim_{table}_{event} after {event} on \"{table}\"
                 when (select value from sync_meta where key = 'applying') = '0' begin
                   insert into sim_log (tbl, id, stamp, old, new)
                   values ('{table}', new.id, new.last_modified_at, {old}, {new});
                 end;"
            );
        }
    }
    sql
}
