// What people had in the old TuneTrees: migrated by the owner of the tables, or brought in on a device. Needs the shared legacy files.
import { readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { expect } from "../fixtures.mjs";
import { pictures } from "../look.mjs";
import { brokenReferences, choose, intake, JANUARY, line, native, saved, SOURCE, takeIn, test, toData, whole } from "../legacy.mjs";
import { LEGACY } from "../stack.mjs";

test.skip(!whole, "there are no shared legacy files here");

test("the October file, migrated: she signs in, everything is there, and she goes on practising", async ({ device, stack }) => {
  expect(await brokenReferences(stack)).toEqual([]);
  // The fuzz is the app's own: without it the date is the crate's to the day. With a high limit it is not the limit's, after years without practice.
  const MOST = 36_500;
  await stack.query(`update prefs_spaced_repetition set enable_fuzzing = false, maximum_interval = ${MOST} where user_id = (select id from auth.users where email = 'test1@example.com')`);
  const phone = await device();
  await phone.signIn("test1@example.com");
  await phone.synced();
  await expect(phone.page.getByTestId("current-tune")).toBeVisible();

  // A tune with notes, a link and a history. She sees her own notes and what others made public.
  const [tune] = await stack.query(`select t.id, t.title,
      (select count(*)::int from note n where n.tune_ref = t.id and not n.deleted and (n.user_ref = u.id or n.public)) as notes,
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
  await expect(phone.page.locator("table.history tbody tr")).toHaveCount(tune.ratings);
  const repertoires = phone.page.getByRole("combobox", { name: "Repertoire", exact: true }).locator("option");
  await expect(repertoires.filter({ hasText: /^Irish (Flute|Tenor Banjo)$/ })).toHaveCount(2);
  await phone.go("Repertoire");
  await expect(phone.page.getByTestId("tune-row").first()).toBeVisible();

  // She practises three: each rating arrives, with the memory and the date that the fsrs crate computes from the file's own history and this rating.
  await phone.go("Practice");
  for (const rating of ["good", "hard", "easy"]) await phone.rate(rating);
  await phone.submit();
  await phone.synced();
  const newest = `select t.title, r.tune_ref, r.playlist_ref, r.quality, r.stability, r.difficulty, r.repetitions, extract(day from r.due - r.practiced)::int as days,
      to_char(r.practiced at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as practised, to_char(r.due at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as due
    from practice_record r join auth.users u on u.id = r.user_ref join tune t on t.id = r.tune_ref
    where u.email = 'test1@example.com' and r.device_id <> 'legacy-migration' order by r.quality`;
  await expect.poll(async () => (await stack.query(newest)).map((record) => record.quality)).toEqual([2, 3, 4]);
  for (const record of await stack.query(newest)) {
    const crate = JSON.parse(native("due", LEGACY, SOURCE, 1, record.playlist_ref, record.tune_ref, record.practised, record.quality, MOST));
    console.log(`${record.title}, rated ${record.quality}: due after ${record.days} days; the fsrs crate says`, crate);
    expect(record.days).toBeLessThan(MOST);
    expect(record.repetitions).toBe(crate.ratings + 1);
    expect(record.due).toBe(crate.due);
    // Powers are another library's in WebAssembly than in a native program: the last bit or two of an f32 may differ.
    for (const what of ["stability", "difficulty"]) expect(Math.abs(record[what] / crate[what] - 1), what).toBeLessThan(1e-6);
  }
  expect(await brokenReferences(stack)).toEqual([]);
});

test("a file of the old TuneTrees is brought in on a device without an account, seen before it is taken, and once", async ({ device, stack }) => {
  const phone = await device({ viewport: { width: 390, height: 844 }, reducedMotion: "reduce" });
  await phone.startHere("Fiddle");
  await toData(phone);
  await pictures(phone.page, "data", { fullPage: true });

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
  await expect(intake(phone)).toContainText("A database of the old TuneTrees.");
  const who = phone.page.getByRole("group", { name: "Who are you in this file?" });
  await expect(who).toBeVisible();
  await pictures(phone.page, "data-who", { fullPage: true });
  await who.getByRole("radio", { name: /Test User 1 \(test1@example.com\)/ }).check();
  await expect(line(phone, "practice_record")).toContainText("1,768 new");
  await expect(line(phone, "note")).toContainText("412 new");
  await expect(line(phone, "tune")).toContainText("1 new · 488 here already");
  await line(phone, "playlist_tune").locator("summary").click();
  await expect(line(phone, "playlist_tune")).toContainText("its tune is gone");
  await pictures(phone.page, "data-preview", { fullPage: true });
  await expect(phone.page.getByRole("button", { name: "Save everything first" })).toBeVisible();
  await takeIn(phone);
  await expect(intake(phone)).toContainText("came in.");
  await pictures(phone.page, "data-done", { fullPage: true });
  const report = await saved(phone, "Save the report");
  expect(report.name).toMatch(/report.*\.md$/);
  expect(report.text).toContain("its tune is gone");

  // A second time, and the older copy of the same database: nothing comes twice.
  await choose(phone, LEGACY);
  await who.getByRole("radio", { name: /Test User 1 / }).check();
  await expect(intake(phone)).toContainText("Everything in it is here already");
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
  await expect(intake(phone)).toContainText("Everything in it is here already");
  const other = await device({ viewport: { width: 1280, height: 800 } });
  await other.startHere("Elsewhere");
  await toData(other);
  const copy = join(tmpdir(), `copy-${process.pid}-${basename(everything.name)}`);
  writeFileSync(copy, everything.text);
  await choose(other, copy);
  await expect(intake(other)).toContainText("its rows become yours");
  await expect(line(other, "playlist_tune")).toContainText("3 new");
  await pictures(other.page, "data-restore", { fullPage: true });
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
