// A file of the old TuneTrees, brought in in a browser: what the server then has is what the migration gives; large files; other tabs.
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { somebody } from "../device.mjs";
import { expect } from "../fixtures.mjs";
import { shots } from "../look.mjs";
import { brokenReferences, choose, intake, line, living, native, takeIn, test, toData, told, whole } from "../legacy.mjs";
import { LEGACY, PASSWORD } from "../stack.mjs";

test.skip(!whole, "there are no shared legacy files here");

/** Another tab of the same device. */
async function otherTab(one) {
  const tab = Object.assign(Object.create(Object.getPrototypeOf(one)), one, { page: await one.context.newPage() });
  await tab.page.goto(one.url);
  return tab;
}
const me = (one) => one.page.getByRole("radio", { name: /Test User 1 \(test1@example.com\)/ });

test("the October file: in without an account, along into a new one, synced; the server has what the migration gives", async ({ device, stack }) => {
  test.setTimeout(240_000);
  const phone = await device();
  await phone.startHere("Fiddle");
  await toData(phone);
  await choose(phone, LEGACY);
  await me(phone).check();
  await expect(line(phone, "tune")).toContainText("1 new · 488 here already");
  await takeIn(phone);

  // It can be practised at once.
  await phone.go("Repertoire");
  await expect(phone.page.getByTestId("tune-row").first()).toBeVisible();

  const email = somebody();
  await phone.signUp(email);
  await expect.poll(async () => (await living(stack, email)).practice_record, { timeout: 90_000 }).toBe(1768);
  await expect(phone.badge()).toHaveAttribute("data-phase", "synced", { timeout: 90_000 });

  // Row by row, named by what they are: ids hang on who brought them. What the app made here itself (today's queue, her first repertoire) is not the file's.
  const [migrated, mine] = [await told(stack, "test1@example.com"), await told(stack, email, "t.device_id is null or t.device_id not like 'legacy:%'")];
  const sizes = (all) => Object.fromEntries(Object.entries(all).map(([table, rows]) => [table, rows.length]));
  console.log("rows on the server:", sizes(mine));
  expect(sizes(mine)).toEqual(sizes(migrated));
  for (const table of Object.keys(migrated)) expect(mine[table], table).toEqual(migrated[table]);
  expect(migrated.practice_record).toHaveLength(1768);
  expect(migrated.note).toHaveLength(412);
  expect(await brokenReferences(stack)).toEqual([]);

  // On another device of hers the file is known, too.
  const laptop = await device({ viewport: { width: 1280, height: 800 } });
  await laptop.signIn(email);
  await laptop.synced();
  await toData(laptop);
  await choose(laptop, LEGACY);
  await me(laptop).check();
  await expect(intake(laptop)).toContainText("Everything in it is here already");
});

/** Memory of all the browser's processes that run pages and workers, in MB. */
async function memory(session) {
  const { processInfo } = await session.send("SystemInfo.getProcessInfo");
  let pages = 0;
  for (const { type, id } of processInfo) {
    if (type !== "renderer" || !existsSync(`/proc/${id}/statm`)) continue;
    try {
      pages += Number(readFileSync(`/proc/${id}/statm`, "utf8").split(" ")[1]);
    } catch {
      // It has just ended.
    }
  }
  return Math.round((pages * 4096) / 1048576);
}

/** From now on: how long nothing could happen on the page at most, and what it said meanwhile about how far it is. */
const watched = (one) => one.page.evaluate(() => {
  const seen = { longest: 0, progress: [] };
  let last = performance.now();
  setInterval(() => {
    const now = performance.now();
    seen.longest = Math.max(seen.longest, now - last);
    last = now;
    const bar = document.querySelector(".intake-progress progress");
    const text = bar && `${bar.parentElement.innerText.trim().replaceAll(/\s+/g, " ")} (${bar.value} %)`;
    if (text && seen.progress.at(-1) !== text) seen.progress.push(text);
  }, 20);
  window.seen = seen;
});
const inShort = ({ progress }) => `${progress.length} states of progress: ${progress.slice(0, 3).join(" | ")} … ${progress.slice(-2).join(" | ")}`;

test("a file of 20,000 practice records: progress is seen, the page stays awake, memory is sane, all of it is synced", async ({ browser, device, stack }) => {
  test.setTimeout(600_000);
  const folder = mkdtempSync(join(tmpdir(), "tunetrees-big-"));
  const file = join(folder, "big.sqlite3");
  native("make", file, 20_000);
  const session = await browser.newBrowserCDPSession();
  const phone = await device();
  await phone.startHere("Fiddle");
  await toData(phone);
  const before = await memory(session);
  await watched(phone);
  let most = before;
  const watch = setInterval(async () => (most = Math.max(most, await memory(session).catch(() => 0))), 250);
  const started = Date.now();
  await choose(phone, file);
  await expect(intake(phone)).toBeVisible({ timeout: 300_000 });
  const looked = Date.now();
  await expect(line(phone, "practice_record")).toContainText("20,000 new");
  const working = phone.page.getByTestId("intake-progress");
  await Promise.all([
    takeIn(phone, 300_000),
    expect(working).toContainText(/Taking it in…\s*[\d,]+ of 22,00\d/).then(() => working.screenshot({ path: join(shots, "intake-progress-phone-light.png") })),
  ]);
  const taken = Date.now();
  clearInterval(watch);
  const seen = await phone.page.evaluate(() => window.seen);
  const { longest, progress } = seen;
  console.log(`20,000 records: looked at in ${looked - started} ms, taken in in ${taken - looked} ms; the page was held up for at most ${Math.round(longest)} ms;` +
    ` memory ${before} → at most ${most} MB; ${inShort(seen)}`);
  expect(progress.some((text) => text.startsWith("Looking"))).toBe(true);
  expect(progress.some((text) => text.startsWith("Taking"))).toBe(true);
  expect(progress.length).toBeGreaterThan(10);
  expect(longest).toBeLessThan(1_000);
  expect(most - before).toBeLessThan(400);

  // All of it moves into the account before the page goes on.
  const email = somebody();
  await phone.page.goto(`${phone.url}/sign-up`);
  await phone.page.getByLabel("E-mail").fill(email);
  await phone.page.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await watched(phone);
  const asked = Date.now();
  await phone.page.getByRole("button", { name: "Create account", exact: true }).click();
  await expect(working).toContainText(/Taking along what is on this device…\s*[\d,]+ of [\d,]+/, { timeout: 60_000 });
  await phone.page.screenshot({ path: join(shots, "taking-along-phone-light.png") });
  await expect(phone.page).toHaveURL(`${phone.url}/`, { timeout: 240_000 });
  const along = await phone.page.evaluate(() => window.seen);
  console.log(`taken along into an account in ${Date.now() - asked} ms; the page was held up for at most ${Math.round(along.longest)} ms; ${inShort(along)}`);
  expect(along.progress.length).toBeGreaterThan(5);
  expect(along.longest).toBeLessThan(1_000);
  await expect.poll(async () => (await living(stack, email)).practice_record, { timeout: 240_000, intervals: [1_000] }).toBe(20_000);
  console.log(`all of it on the server ${Math.round((Date.now() - asked) / 1000)} s after the account was asked for`);
  rmSync(folder, { recursive: true, force: true });
});

test("a tab that does not own the database brings a file in; when the owner closes between look and word, nothing is lost and it is said", async ({ device }) => {
  const owner = await device();
  await owner.startHere("Fiddle");
  const second = await otherTab(owner);
  await toData(second);
  await choose(second, LEGACY);
  await me(second).check();
  await expect(line(second, "practice_record")).toContainText("1,768 new");

  // The owner goes, and the file, which its worker held, with it.
  await owner.page.close();
  await second.page.getByRole("button", { name: "Take it in", exact: true }).click();
  await expect(second.page.getByRole("alert").filter({ hasText: "Choose it again; nothing was changed" })).toBeVisible({ timeout: 30_000 });

  // A third tab comes; it is not the owner, and brings the file in.
  const third = await otherTab(second);
  await toData(third);
  await choose(third, LEGACY);
  await me(third).check();
  await expect(line(third, "practice_record")).toContainText("1,768 new");
  await takeIn(third);
  await second.go("Repertoire");
  await expect(second.page.getByTestId("tune-row").first()).toBeVisible();
});
