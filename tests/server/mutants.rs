//! The real server without one of its remedies: its functions, patched, where the environment names one (`cargo xtask mutants`).

use tokio_postgres::Client;

/// Remedy, function, what is replaced, by what. No function: an SQL statement.
const PATCHES: &[(&str, &str, &str, &str)] = &[
    (
        "SnapshotHorizon",
        "sync_pull(text, integer)",
        "pg_snapshot_xmin(pg_current_snapshot())",
        "pg_snapshot_xmax(pg_current_snapshot())",
    ),
    ("FixedBound", "sync_pull(text, integer)", "if parts[2] not like '-%' then", "if false then"),
    (
        "UniqueCursor",
        "sync_pull(text, integer)",
        "'a', last_xid, concat_ws(':', below, known_floor), last_key",
        "'a', last_xid, below, '19.ffffffff-ffff-ffff-ffff-ffffffffffff'",
    ),
    ("TombstoneFloor", "sync_pull(text, integer)", "if from_xid < floor and known_floor < floor then", "if false then"),
    ("StampClamp", "sync_stamp()", ", now() + interval '5 minutes')", ")"),
    (
        "UnchangedSilent",
        "sync_stamp()",
        "if new is not distinct from old and stamp <= old.last_modified_at then",
        "if false then",
    ),
    ("RecordsKept", "", "", "drop trigger practice_record_keep on public.practice_record"),
    ("CompareAndSet", "sync_push", "t.sync_version = s.base", "true"),
    ("CompareAndSet", "sync_push", "t.sync_version = $3", "$3 > 0"),
    ("ResendRecognised", "sync_push", "if found_equal and", "if false and"),
    ("SavepointPerOp", "sync_push", "if left(sqlstate, 2) = any (passing) then", "if true then"),
    (
        "NoopNoticed",
        "sync_push",
        "raise exception 'this row of table % is read-only for you', tbl using errcode = '42501';",
        "answers[n] := jsonb_build_object('op', echo, 'status', 'applied', 'row', stands);",
    ),
];

/// Takes the remedy away.
pub async fn patch(admin: &Client) {
    let Ok(name) = std::env::var("TUNETREES_MUTANT") else { return };
    // The newest signature, whatever it is.
    let push: String = admin
        .query_one("select oid::regprocedure::text from pg_proc where proname = 'sync_push'", &[])
        .await
        .unwrap()
        .get(0);
    if name == "OthersProtected" {
        admin.batch_execute(&format!("alter function {push} security definer")).await.unwrap();
    }
    for (_, function, from, to) in PATCHES.iter().filter(|(remedy, ..)| *remedy == name) {
        if function.is_empty() {
            admin.batch_execute(to).await.unwrap();
            continue;
        }
        let function = if *function == "sync_push" { push.clone() } else { format!("public.{function}") };
        let text: String =
            admin.query_one("select pg_get_functiondef($1::text::regprocedure)", &[&function]).await.unwrap().get(0);
        assert!(text.contains(from), "{function} has changed, and the mutant {name} no longer fits");
        admin.batch_execute(&text.replace(from, to)).await.unwrap();
    }
}
