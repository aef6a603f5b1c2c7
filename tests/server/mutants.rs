//! The real server without one of its remedies: its functions, patched, where the environment names one (`cargo xtask mutants`).

use tokio_postgres::Client;

/// Remedy, function, what is replaced, by what. No function: an SQL statement.
const PATCHES: &[(&str, &str, &str, &str)] = &[
    // Rows stand in the order of the devices' clocks, and a cursor is the latest stamp seen.
    (
        "ServerPosition",
        "sync_stamp()",
        "new.sync_xid := pg_current_xact_id();",
        "new.sync_xid := trunc(extract(epoch from stamp) * 1000000)::text::xid8;",
    ),
    ("ServerPosition", "sync_pull(text, integer)", "pg_snapshot_xmin(pg_current_snapshot())", "'9223372036854775807'"),
    ("ServerPosition", "sync_pull(text, integer)", "if from_xid > pg_snapshot_xmax(pg_current_snapshot()) then", "if false then"),
    (
        "ServerPosition",
        "sync_pull(text, integer)",
        "else concat('a.', below, '.-.0.') end",
        "when last_xid is null then coalesce(\"cursor\", 'a.0.-.0.') else concat_ws('.', 'a', last_xid, '-', last_key) end",
    ),
    // Nobody signed in: the last row of a page was named only where more follows.
    (
        "ServerPosition",
        "sync_pull(text, integer)",
        "max(concat_ws('.', k.rank, coalesce(k.row_id::text, k.name_id))) filter (where k.n = wanted - 1)",
        "(array_agg(concat_ws('.', k.rank, coalesce(k.row_id::text, k.name_id)) order by k.n desc) filter (where k.n < wanted))[1]",
    ),
    (
        "ServerPosition",
        "sync_pull(text, integer)",
        "max(k.xid::text) filter (where k.n = wanted - 1)",
        "(array_agg(k.xid::text order by k.n desc) filter (where k.n < wanted))[1]",
    ),
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
    // Of many at once, and of one: what may be null and was not sent becomes null. (Not the owner, who would be another one.)
    (
        "ColumnsKept",
        "sync_push",
        "if bases[1] = 0 then",
        "if bases[1] > 0 then
           names := names || array(select a.attname::text from pg_attribute a
             where a.attrelid = format('public.%I', tbl)::regclass and a.attnum > 0 and not a.attisdropped and not a.attnotnull
               and a.attname <> all (names || array['private_for', 'private_to_user', 'user_ref']));
         end if;
         if bases[1] = 0 then",
    ),
    (
        "ColumnsKept",
        "sync_push",
        "if base = 0 then",
        "if base > 0 then
           names := names || array(select quote_ident(a.attname) from pg_attribute a
             where a.attrelid = format('public.%I', tbl)::regclass and a.attnum > 0 and not a.attisdropped and not a.attnotnull
               and quote_ident(a.attname) <> all (names || array['private_for', 'private_to_user', 'user_ref']));
         end if;
         if base = 0 then",
    ),
    ("CompareAndSet", "sync_push", "t.sync_version = s.base", "true"),
    ("CompareAndSet", "sync_push", "t.sync_version = $3", "$3 > 0"),
    ("ResendRecognised", "sync_push", "if found_equal and", "if false and"),
    ("SavepointPerOp", "sync_push", "if left(sqlstate, 2) = any (passing) then", "if true then"),
    ("EpochWithPush", "sync_push", "if sync_push.epoch <> public.sync_epoch() then", "if false then"),
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
        let patched = admin.batch_execute(&text.replace(from, to)).await;
        // Every test would fail for it, and seem to notice.
        patched.unwrap_or_else(|error| panic!("{error}: the mutant {name} no longer fits {function}"));
    }
}
