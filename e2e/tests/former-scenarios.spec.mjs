// The end-to-end scenarios of the old app, by the names of its files, where no other test plays them; docs/sync-testing-guide.md has the whole list.
import { expect, test } from "../fixtures.mjs";
import { ready, somebody, two } from "../device.mjs";

const progress = (one) => one.page.getByTestId("queue-progress");
const fresh = (one) => one.page.getByTestId("new-queue");

/** The rows of somebody's queues, as the server has them. */
const queueRows = (stack, email) =>
  stack.query("select q.queue_date::text as day, q.tune_ref as tune from daily_practice_queue q join auth.users u on u.id = q.user_ref where u.email = $1 and q.active and not q.deleted order by 1, 2", [email]);

/** A night passes: the queue that is there is yesterday's. */
const night = (stack, email) =>
  stack.query(
    `update daily_practice_queue set queue_date = queue_date - 1, window_start_utc = window_start_utc - interval '1 day',
       window_end_utc = window_end_utc - interval '1 day' where user_ref = (select id from auth.users where email = $1)`,
    [email],
  );

test("sync-001, sync-002, sync-004: reloads add nothing to the queue, and its day is the database's, whatever localStorage says", async ({ device, stack }) => {
  const { one, email } = await ready(device, 4);
  await one.rate("good");
  await one.synced();
  const rows = await queueRows(stack, email);
  expect(rows).toHaveLength(4);
  for (let n = 0; n < 3; n += 1) {
    await one.page.reload();
    await expect(progress(one)).toHaveText("1 of 4 played");
  }
  // Wiped; then the old app's day of long ago, chosen "by hand".
  await one.page.evaluate(() => localStorage.clear());
  await one.page.reload();
  await expect(progress(one)).toHaveText("1 of 4 played");
  await one.page.evaluate(() => {
    localStorage.setItem("TT_PRACTICE_QUEUE_DATE", "2024-02-03T12:00:00.000Z");
    localStorage.setItem("TT_PRACTICE_QUEUE_DATE_MANUAL", "true");
  });
  await one.page.reload();
  await expect(progress(one)).toHaveText("1 of 4 played");
  await expect(fresh(one)).toBeHidden();
  await one.synced();
  expect(await queueRows(stack, email)).toEqual(rows);
});

test("sync-003: a device without a database takes the queue that was synced yesterday, and makes none beside it", async ({ device, stack }) => {
  const { one, email } = await ready(device, 3);
  const played = await one.rate("good");
  await one.synced();
  await one.page.close();
  await night(stack, email);
  const rows = await queueRows(stack, email);
  const laptop = await device();
  await laptop.signIn(email);
  await expect(progress(laptop)).toHaveText("1 of 3 played", { timeout: 30_000 });
  await expect(laptop.line(played)).toContainText("Good");
  await expect(fresh(laptop)).toBeVisible();
  await laptop.synced();
  expect(await queueRows(stack, email)).toEqual(rows);
});

test("sync-005: the day is the musician's, where the calendar says another date than in Greenwich", async ({ device, stack }) => {
  // One of the two is on another date than UTC at any time of the day.
  const timezoneId = new Date().getUTCHours() < 11 ? "Pacific/Pago_Pago" : "Pacific/Kiritimati";
  const local = new Intl.DateTimeFormat("sv-SE", { timeZone: timezoneId }).format(new Date());
  expect(local).not.toBe(new Date().toISOString().slice(0, 10));
  const { one, email } = await ready(device, 2, { timezoneId });
  await one.synced();
  expect(new Set((await queueRows(stack, email)).map(({ day }) => day))).toEqual(new Set([local]));
  await one.page.reload();
  await expect(progress(one)).toHaveText("0 of 2 played");
  await expect(fresh(one), "no new day").toBeHidden();
});

test("offline-002: a repertoire is searched, sorted and thinned out without a network; all of it arrives", async ({ device, stack }) => {
  const { phone, laptop, email } = await two(device);
  for (const title of ["Alpha", "Beta", "Gamma", "Delta"]) await laptop.createTune(title);
  await laptop.synced();
  await laptop.go("Repertoire");
  await expect(laptop.page.getByTestId("tune-row")).toHaveCount(4);
  await laptop.context.setOffline(true);
  await laptop.page.getByRole("searchbox").fill("lph");
  await expect(laptop.page.getByTestId("tune-row")).toHaveCount(1);
  await laptop.page.getByRole("searchbox").fill("");
  await laptop.page.getByRole("button", { name: /^Title/ }).click();
  const titles = laptop.page.getByTestId("tune-row").locator(".title");
  const sorted = await titles.allTextContents();
  expect([...sorted].sort()).toEqual(["Alpha", "Beta", "Delta", "Gamma"]);
  for (const title of ["Beta", "Delta"]) await laptop.page.getByLabel(`Select ${title}`).check();
  await laptop.page.getByTestId("bulk").getByRole("button", { name: "Delete" }).click();
  await expect(titles).toHaveCount(2);
  expect(await stack.tunes(email)).toEqual(["Alpha", "Beta", "Delta", "Gamma"]);
  await laptop.reconnected();
  await laptop.synced();
  expect(await stack.tunes(email)).toEqual(["Alpha", "Gamma"]);
  await phone.go("Repertoire");
  await expect(phone.page.getByTestId("tune-row")).toHaveCount(2);
});

test("offline-011: more than thirty changes without a network, and the page answers while they are sent", async ({ device, stack }) => {
  const { phone, email } = await two(device);
  await phone.context.setOffline(true);
  const made = [];
  for (let n = 1; n <= 12; n += 1) {
    const title = `Tune ${String(n).padStart(2, "0")}`;
    made.push(title);
    await phone.createTune(title);
    await phone.writeNote(`Note on ${title}`);
  }
  await phone.go("Practice");
  for (let n = 0; n < 10; n += 1) await phone.rate("easy");
  await phone.submit();
  await phone.reconnected();
  // She goes on meanwhile.
  await phone.go("Repertoire");
  await phone.page.getByRole("searchbox").fill("Tune 07");
  await expect(phone.page.getByTestId("tune-row")).toHaveCount(1);
  await phone.synced();
  expect(await stack.tunes(email)).toEqual(made);
  const count = async (table) => (await stack.query(`select count(*)::int as n from ${table} x join auth.users u on u.id = x.user_ref where u.email = $1 and not x.deleted`, [email]))[0].n;
  expect(await count("note")).toBe(12);
  expect(await count("practice_record")).toBe(10);
});

test("offline-012: the network comes and goes, quickly too; what is chosen stays chosen", async ({ device, stack }) => {
  const { one, email } = await ready(device, 4);
  await one.installed();
  const titles = [];
  for (const rating of ["easy", "good", "hard"]) {
    await one.context.setOffline(true);
    titles.push(await one.rate(rating));
    await one.page.reload();
    await expect(one.line(titles.at(-1))).toContainText(new RegExp(rating, "i"));
    await one.reconnected();
    await one.synced();
  }
  for (let n = 0; n < 8; n += 1) await one.context.setOffline(n % 2 === 0);
  await one.reconnected();
  await one.submit();
  await one.synced();
  const grades = await stack.query("select quality from practice_record r join auth.users u on u.id = r.user_ref where u.email = $1 and not r.deleted order by quality", [email]);
  expect(grades.map(({ quality }) => quality)).toEqual([2, 3, 4]);
});

test("practice-005: today's queue that comes from another device takes the place of yesterday's", async ({ device, stack }) => {
  const { one: phone, email } = await ready(device, 3);
  await phone.rate("good");
  await phone.submit();
  await phone.synced();
  await phone.page.close();
  await night(stack, email);
  const [old, other] = [await device(), await device()];
  for (const one of [old, other]) {
    await one.signIn(email);
    await expect(fresh(one)).toBeVisible({ timeout: 30_000 });
  }
  await fresh(other).click();
  await expect(fresh(other)).toBeHidden();
  await expect(fresh(old), "the queue made there is here, too").toBeHidden({ timeout: 30_000 });
  await expect(progress(old)).toHaveText(await progress(other).textContent());
  const days = new Set((await queueRows(stack, email)).map(({ day }) => day));
  expect(days.size, "yesterday's is kept as it was").toBe(2);
});

test("add-to-review, catalog-add: what was added is there after a reload and on a new device, and is not added twice", async ({ device, stack }) => {
  const { one, email } = await ready(device, 2);
  await one.go("Catalog");
  await expect(one.page.getByRole("button", { name: /is in your repertoire$/ })).toHaveCount(2);
  await one.page.reload();
  await expect(one.page.getByRole("button", { name: /is in your repertoire$/ })).toHaveCount(2);
  await one.synced();
  const laptop = await device({ viewport: { width: 1280, height: 800 } });
  await laptop.signIn(email);
  await laptop.go("Repertoire");
  await expect(laptop.page.getByTestId("tune-row")).toHaveCount(2, { timeout: 30_000 });
  // Both of them, and one more, once more.
  await laptop.go("Catalog");
  await expect(laptop.page.getByRole("button", { name: /is in your repertoire$/ })).toHaveCount(2);
  for (let n = 0; n < 3; n += 1) await laptop.page.getByTestId("tune-row").nth(n).getByRole("checkbox").check();
  const bar = laptop.page.getByTestId("bulk");
  await bar.getByRole("button", { name: "Add to review" }).click();
  await expect(bar).toContainText("wished for the next practice");
  await laptop.synced();
  const rows = await stack.query("select pt.tune_ref from playlist_tune pt join playlist p on p.id = pt.playlist_ref join auth.users u on u.id = p.user_ref where u.email = $1 and not pt.deleted", [email]);
  expect(new Set(rows.map(({ tune_ref }) => tune_ref)).size).toBe(rows.length);
  expect(rows.length).toBe(3);
});

test("the same tune practised on two devices without a network: both ratings count, once each, and both devices agree", async ({ device, stack }) => {
  const email = somebody();
  const phone = await device();
  await phone.signUp(email);
  await phone.firstRepertoire("Flute");
  const id = await phone.createTune("The Kesh");
  await phone.synced();
  const laptop = await device();
  await laptop.signIn(email);
  await laptop.synced();
  for (const one of [phone, laptop]) {
    await one.go("Practice");
    await expect(one.page.getByTestId("current-tune")).toBeVisible({ timeout: 30_000 });
    await one.synced();
  }
  for (const [one, rating] of [[phone, "good"], [laptop, "easy"]]) {
    await one.context.setOffline(true);
    await one.rate(rating);
    await one.submit();
  }
  for (const one of [phone, laptop]) {
    await one.reconnected();
    await one.synced();
  }
  const grades = await stack.query("select quality from practice_record where tune_ref = $1 and not deleted order by quality", [id]);
  expect(grades.map(({ quality }) => quality)).toEqual([3, 4]);
  for (const one of [phone, laptop]) {
    await one.openTune(id);
    await expect(one.page.locator("#page")).toContainText("Easy");
    await expect(one.page.locator("#page")).toContainText("Good");
  }
});
