// What people had in the old TuneTrees: migrated by the owner of the tables, or brought in on a device. Needs the shared legacy files.
import { AxeBuilder } from "@axe-core/playwright";
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test as base } from "../fixtures.mjs";
import { LEGACY, Stack } from "../stack.mjs";

const e2e = dirname(dirname(fileURLToPath(import.meta.url)));
const shots = join(e2e, "results/screenshots");
const JANUARY = join(dirname(LEGACY), "legacy-2025-01.sqlite3");
const whole = existsSync(LEGACY) && existsSync(JANUARY);

// A backend of its own, with the October file as a person's own data and nothing else.
const test = base.extend({
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
test.skip(!whole, "there are no shared legacy files here");

/** Every reference of every table, foreign keys and the others: how many rows lead nowhere. */
const brokenReferences = async (stack) => {
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
};

/** How many living rows a person has, by table; what hangs on a deleted repertoire not counted. */
const living = async (stack, email) => {
  const tables = { practice_record: "user_ref", playlist_tune: "user_ref", note: "user_ref", reference: "user_ref", tag: "user_ref", tune_override: "user_ref", daily_practice_queue: "user_ref", playlist: "user_ref", prefs_spaced_repetition: "user_id", table_transient_data: "user_id", table_state: "user_id" };
  const counts = {};
  for (const [table, owner] of Object.entries(tables)) {
    const list = { practice_record: "playlist_ref", playlist_tune: "playlist_ref", daily_practice_queue: "playlist_ref", table_transient_data: "playlist_id", table_state: "playlist_id" }[table];
    const dead = list ? `and not exists (select from playlist p where p.id = t.${list} and p.deleted)` : "";
    const sql = `select count(*)::int from "${table}" t join auth.users u on u.id = t.${owner} where u.email = $1 and not t.deleted ${dead}`;
    counts[table] = (await stack.query(sql, [email]))[0].count;
  }
  return counts;
};

const toData = async (one) => {
  await one.settings("Your data");
};
const choose = async (one, file) => one.page.getByTestId("choose-file").setInputFiles(file);
const told = (one) => one.page.getByTestId("intake");
const line = (one, table) => told(one).locator(`li[data-table="${table}"]`);
const takeIn = async (one) => {
  await one.page.getByRole("button", { name: "Take it in", exact: true }).click();
  await expect(told(one)).toHaveAttribute("data-done", "true", { timeout: 60_000 });
};
/** Clicks, and gives the saved file's name and text. */
const saved = async (one, name) => {
  const [download] = await Promise.all([one.page.waitForEvent("download"), one.page.getByRole("button", { name, exact: true }).click()]);
  return { name: download.suggestedFilename(), path: await download.path(), text: readFileSync(await download.path(), "utf8") };
};
const accessible = async (one, name) => {
  const axe = new AxeBuilder({ page: one.page }).withTags(["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]);
  // Where the page is scrolled the bars cover half a button, which then counts as small; sizes are looked at where it is not.
  const scrolled = await one.page.evaluate(() => window.scrollY > 0);
  const found = await (scrolled ? axe.disableRules("target-size") : axe).analyze();
  expect(found.violations.map((v) => `${name}: ${v.id}: ${v.nodes.map((n) => n.html).join(" ")}`)).toEqual([]);
};

test("the October file, migrated: she signs in, everything is there, and she goes on practising", async ({ device, stack }) => {
  expect(await brokenReferences(stack)).toEqual([]);
  const phone = await device();
  await phone.signIn("test1@example.com");
  await phone.synced();
  await expect(phone.page.getByTestId("current-tune")).toBeVisible();

  // A tune with notes, a link and a history.
  const [tune] = await stack.query(`select t.id, t.title, (select count(*)::int from note n where n.tune_ref = t.id and not n.deleted) as notes,
      (select count(*)::int from practice_record r where r.tune_ref = t.id and r.playlist_ref = p.id) as ratings
    from tune t join playlist p on not p.deleted join auth.users u on u.id = p.user_ref and u.email = 'test1@example.com'
    where exists (select from "reference" r where r.tune_ref = t.id) and exists (select from note n where n.tune_ref = t.id)
      and exists (select from playlist_tune m where m.tune_ref = t.id and m.playlist_ref = p.id)
    order by 4 desc, t.title limit 1`);
  expect(tune.ratings).toBeGreaterThan(3);
  await phone.page.goto(`${stack.url}/tune/${tune.id}`);
  await expect(phone.page.getByRole("heading", { level: 1, name: tune.title, exact: true })).toBeVisible();
  await expect(phone.page.locator(".note")).toHaveCount(tune.notes);
  await expect(phone.page.locator(".links a").first()).toBeVisible();
  await expect(phone.page.locator("table.history tbody tr").first()).toBeVisible();
  await phone.go("Repertoire");
  await expect(phone.page.getByTestId("tune-row").first()).toBeVisible();

  // She practises one: the rating arrives, dated by the scheduler from the migrated history.
  const before = await living(stack, "test1@example.com");
  await phone.go("Practice");
  await phone.rate("good");
  await phone.synced();
  await expect.poll(async () => (await living(stack, "test1@example.com")).practice_record).toBe(before.practice_record + 1);
  const [record] = await stack.query(`select r.quality, r.due > r.practiced as later, r.stability > 0 as remembers, r.repetitions
    from practice_record r join auth.users u on u.id = r.user_ref where u.email = 'test1@example.com' order by r.practiced desc limit 1`);
  expect(record).toMatchObject({ quality: 3 });
  expect(await brokenReferences(stack)).toEqual([]);
});

test("a file of the old TuneTrees is brought in on a device without an account, seen before it is taken, and once", async ({ device, stack }) => {
  const phone = await device({ viewport: { width: 390, height: 844 }, reducedMotion: "reduce" });
  await phone.startHere("Fiddle");
  await toData(phone);
  await accessible(phone, "data");
  await phone.page.screenshot({ path: join(shots, "data-phone-light.png"), fullPage: true });

  // What is no such file is told so, and nothing is changed.
  const folder = tmpdir();
  const other = join(folder, `no-database-${process.pid}.sqlite3`);
  writeFileSync(other, "this is only a text, and long enough to be looked at: ".repeat(10));
  await choose(phone, other);
  await expect(phone.page.getByRole("alert").filter({ hasText: "some other kind of file" })).toBeVisible();
  const half = join(folder, `half-${process.pid}.sqlite3`);
  writeFileSync(half, readFileSync(LEGACY).subarray(0, 1_000_000));
  await choose(phone, half);
  await expect(phone.page.getByRole("alert").filter({ hasText: "it breaks off after 1000000 of" })).toBeVisible();

  // Several people are in it: she says who she is, and sees what would happen.
  await choose(phone, LEGACY);
  await expect(told(phone)).toContainText("A database of the old TuneTrees.");
  const who = phone.page.getByRole("group", { name: "Who are you in this file?" });
  await expect(who).toBeVisible();
  await accessible(phone, "who");
  await phone.page.screenshot({ path: join(shots, "data-who-phone-light.png"), fullPage: true });
  await who.getByRole("radio", { name: /Test User 1 \(test1@example.com\)/ }).check();
  await expect(line(phone, "practice_record")).toContainText("1768 new");
  await expect(line(phone, "note")).toContainText("412 new");
  await expect(line(phone, "tune")).toContainText("1 new · 488 here already");
  await line(phone, "playlist_tune").locator("summary").click();
  await expect(line(phone, "playlist_tune")).toContainText("its tune is gone");
  await accessible(phone, "preview");
  await phone.page.screenshot({ path: join(shots, "data-preview-phone-light.png"), fullPage: true });
  await expect(phone.page.getByRole("button", { name: "Save everything first" })).toBeVisible();
  await takeIn(phone);
  await expect(told(phone)).toContainText("came in.");
  await accessible(phone, "done");
  await phone.page.screenshot({ path: join(shots, "data-done-phone-light.png"), fullPage: true });
  const report = await saved(phone, "Save the report");
  expect(report.name).toMatch(/report.*\.md$/);
  expect(report.text).toContain("its tune is gone");

  // A second time, and the older copy of the same database: nothing comes twice.
  await choose(phone, LEGACY);
  await who.getByRole("radio", { name: /Test User 1 / }).check();
  await expect(told(phone)).toContainText("Everything in it is here already");
  await expect(phone.page.getByRole("button", { name: "Take it in", exact: true })).toHaveCount(0);
  await choose(phone, JANUARY);
  await who.getByRole("radio", { name: /Test User 1 / }).check();
  await expect(line(phone, "tune")).toContainText("here already");
  await expect(line(phone, "note")).toContainText("412 here already");
});

test("everything is saved, restored on another device without an account, and the tunes leave as ABC and as a table", async ({ device, stack }) => {
  const phone = await device();
  await phone.startHere("Whistle");
  await phone.addTunes(2);
  const id = await phone.createTune("Mine, “with quotes”");
  await toData(phone);
  const everything = await saved(phone, "Save everything");
  expect(everything.name).toMatch(/^tunetrees-export-\d{4}-\d{2}-\d{2}\.json$/);
  const abc = await saved(phone, "Save as ABC notation");
  expect(abc.name).toMatch(/\.abc$/);
  expect(abc.text.match(/^X:\d+$/gm)).toHaveLength(3);
  expect(abc.text).toContain("T:Mine, “with quotes”");
  const csv = await saved(phone, "Save as table (CSV)");
  expect(csv.text.trim().split("\r\n")).toHaveLength(4);
  expect(csv.text).toContain('"Mine, “with quotes”",');

  // Restored here: nothing new. After a change here, the change stays.
  await choose(phone, everything.path);
  await expect(told(phone)).toContainText("Everything in it is here already");
  const other = await device({ viewport: { width: 1280, height: 800 } });
  await other.startHere("Elsewhere");
  await toData(other);
  const copy = join(tmpdir(), `copy-${process.pid}-${basename(everything.name)}`);
  writeFileSync(copy, everything.text);
  await choose(other, copy);
  await expect(told(other)).toContainText("its rows become yours");
  await expect(line(other, "playlist_tune")).toContainText("3 new");
  await other.page.screenshot({ path: join(shots, "data-restore-desktop-light.png"), fullPage: true });
  await takeIn(other);
  await other.go("Catalog");
  await other.page.getByLabel("Search the catalog").fill("with quotes");
  await expect(other.page.getByTestId("tune-row")).toHaveCount(1);
  expect(id).toBeTruthy();
  const broken = join(tmpdir(), `broken-${process.pid}.json`);
  writeFileSync(broken, everything.text.slice(0, -200));
  await toData(other);
  await choose(other, broken);
  await expect(other.page.getByRole("alert").filter({ hasText: "breaks off before its end" })).toBeVisible();
});
