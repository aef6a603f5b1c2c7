// What the tests about old files share: a backend with the October file as one person's own data and nothing else, the page where files come
// in, and questions to the server. Needs the shared legacy files.
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test as base } from "./fixtures.mjs";
import { LEGACY, Stack } from "./stack.mjs";

export const JANUARY = join(dirname(LEGACY), "legacy-2025-01.sqlite3");
export const whole = existsSync(LEGACY) && existsSync(JANUARY);
/** The name from which the migration made its ids. */
export const SOURCE = "tunetrees_test_clean";

export const test = base.extend({
  stack: [
    async ({}, use) => {
      const stack = await Stack.create({ legacy: false });
      if (whole) {
        const flags = ["--source", LEGACY, "--make-accounts", "--password", "tunetrees-demo", "--map-user", "1=test1@example.com"];
        execFileSync(process.env.TUNETREES_MIGRATE_LEGACY, [...flags, "--database-url", stack.databaseUrl], { stdio: ["ignore", "ignore", "inherit"] });
      }
      await use(stack);
      await stack.destroy();
    },
    { scope: "worker", timeout: 180_000 },
  ],
});

/** The native program beside the tests (tests/legacy/browser.rs); built by `cargo xtask e2e`, by hand with `cargo build --example legacy-browser`. */
export function native(...words) {
  const program = process.env.TUNETREES_LEGACY_BROWSER || join(dirname(process.env.TUNETREES_MIGRATE_LEGACY), "examples/legacy-browser");
  return execFileSync(program, words.map(String), { encoding: "utf8" });
}

/** Every reference of every table, foreign keys and the others: how many rows lead nowhere. */
export async function brokenReferences(stack) {
  const sql = `select c.conrelid::regclass::text as child, a.attname as column, c.confrelid::regclass::text as parent, f.attname as key
    from pg_constraint c join pg_attribute a on a.attrelid = c.conrelid and a.attnum = c.conkey[1]
    join pg_attribute f on f.attrelid = c.confrelid and f.attnum = c.confkey[1]
    where c.contype = 'f' and c.connamespace = 'public'::regnamespace`;
  const keys = await stack.query(sql);
  keys.push({ child: "table_state", column: "current_tune", parent: "tune", key: "id" });
  const broken = [];
  for (const { child, column, parent, key } of keys) {
    const [{ count }] = await stack.query(`select count(*)::int from ${child} c where c."${column}" is not null and not exists (select from ${parent} p where p."${key}" = c."${column}")`);
    if (count > 0) broken.push(`${child}.${column}: ${count}`);
  }
  // What belongs together without a foreign key: a row and the repertoire it names have one owner.
  for (const [table, owner, playlist] of [["playlist_tune", "user_ref", "playlist_ref"], ["practice_record", "user_ref", "playlist_ref"], ["daily_practice_queue", "user_ref", "playlist_ref"], ["note", "user_ref", "playlist_ref"], ["table_state", "user_id", "playlist_id"], ["table_transient_data", "user_id", "playlist_id"]]) {
    const [{ count }] = await stack.query(`select count(*)::int from ${table} t join playlist p on p.id = t.${playlist} where p.user_ref <> t.${owner}`);
    if (count > 0) broken.push(`${table}: ${count} of another's repertoire`);
  }
  expect(keys.length).toBeGreaterThan(25);
  return broken;
}

const OWNERS = {
  practice_record: "user_ref", playlist_tune: "user_ref", note: "user_ref", reference: "user_ref", tag: "user_ref", tune_override: "user_ref", daily_practice_queue: "user_ref", playlist: "user_ref",
  tune: "private_for", instrument: "private_to_user", prefs_spaced_repetition: "user_id", prefs_scheduling_options: "user_id", tab_group_main_state: "user_id", table_transient_data: "user_id", table_state: "user_id",
};

/** What stands in a row but for ids, owners and stamps, which hang on who brought it; named by its tune and its repertoire's instrument instead. */
const GONE = ["id", "user_ref", "user_id", "tune_ref", "tune_id", "playlist_ref", "playlist_id", "instrument_ref", "current_tune", "device_id", "sync_xid", "sync_version", "private_for", "last_modified_at", "private_to_user", "email"];

/**
 * What a person has on the server, by table, told by what it is; what is deleted and what hangs on a deleted repertoire left out (a device does not bring it),
 * and those rows that `but` (SQL about `t`) says.
 */
export async function told(stack, email, but = "false") {
  const all = {};
  for (const [table, owner] of Object.entries(OWNERS)) {
    const columns = (await stack.query("select column_name from information_schema.columns where table_schema = 'public' and table_name = $1", [table])).map((row) => row.column_name);
    const [list] = columns.filter((column) => column === "playlist_ref" || column === "playlist_id");
    const [tune] = columns.filter((column) => column === "tune_ref" || column === "tune_id");
    const parts = [`(to_jsonb(t) - array[${GONE.map((column) => `'${column}'`)}])::text`];
    if (tune) parts.push(`(select concat_ws('|', title, type, mode, incipit) from tune where id = t.${tune})`);
    if (list) parts.push(`(select coalesce(i.instrument, '-') from playlist p left join instrument i on i.id = p.instrument_ref where p.id = t.${list})`);
    if (table === "playlist") parts.push("(select instrument from instrument i where i.id = t.instrument_ref)");
    const dead = list ? `and not exists (select from playlist p where p.id = t.${list} and p.deleted)` : "";
    const rows = `select concat_ws(' ', ${parts.join(", ")}) as row from "${table}" t join auth.users u on u.id = t.${owner} where u.email = $1 and not t.deleted ${dead} and not (${but})`;
    all[table] = (await stack.query(`select row from (${rows}) x order by row collate "C"`, [email])).map(({ row }) => row);
  }
  return all;
}

/** How many living rows a person has, by table. */
export const living = async (stack, email) => Object.fromEntries(Object.entries(await told(stack, email)).map(([table, rows]) => [table, rows.length]));

/** The page where files come in. */
export async function toData(one) {
  await one.settings("Your data");
}
export const choose = async (one, file) => one.page.getByTestId("choose-file").setInputFiles(file);
export const intake = (one) => one.page.getByTestId("intake");
export const line = (one, table) => intake(one).locator(`li[data-table="${table}"]`);
/** Takes in what was shown. */
export async function takeIn(one, timeout = 60_000) {
  await one.page.getByRole("button", { name: "Take it in", exact: true }).click();
  await expect(intake(one)).toHaveAttribute("data-done", "true", { timeout });
}
/** Clicks, and gives the saved file's name and text. */
export async function saved(one, name) {
  const [download] = await Promise.all([one.page.waitForEvent("download"), one.page.getByRole("button", { name, exact: true }).click()]);
  return { name: download.suggestedFilename(), path: await download.path(), text: readFileSync(await download.path(), "utf8") };
}
