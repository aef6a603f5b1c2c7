// The mission in one file: practise without a network, see it on another device.
import { expect, test } from "../fixtures.mjs";
import { somebody } from "../device.mjs";

test("the migrated tunes are there after signing in", async ({ device, stack }) => {
  const phone = await device();
  await phone.signIn("test1@example.com");
  await phone.synced();
  await phone.go("Catalog");
  const [{ everyones }] = await stack.query("select count(*)::int as everyones from tune where not deleted and private_for is null");
  const hers = await stack.query("select title from tune where not deleted and private_for = (select id from auth.users where email = 'test1@example.com')");
  if (stack.isWhole) expect([everyones, hers.length]).toEqual([488, 1]);
  await expect(phone.page.getByTestId("total")).toContainText(String(everyones + hers.length));
  for (const { title } of hers) {
    await phone.page.getByLabel("Search the catalog").fill(title);
    const row = phone.page.getByTestId("tune-row").filter({ has: phone.page.getByText(title, { exact: true }) });
    await expect(row).toHaveCount(1);
    await expect(row).toContainText("Only yours");
  }
  await phone.page.getByLabel("Search the catalog").fill("kesh");
  await expect(phone.page.getByTestId("tune-row").first()).toContainText("Kesh");
  await phone.go("Practice");
  await expect(phone.page.getByTestId("current-tune")).toBeVisible();
});

test("three tunes rated without a network survive a reload, reach PostgreSQL and show on a second device", async ({ device, stack }) => {
  const phone = await device();
  await phone.signIn("test1@example.com");
  await phone.synced();
  await phone.go("Practice");
  await expect(phone.page.getByTestId("current-tune")).toBeVisible();
  // What another test has rated as the same person and not submitted is here, too.
  if (await phone.page.getByTestId("submit-evaluations-button").isVisible()) await phone.submit();
  await phone.synced();
  await phone.installed();

  const laptop = await device({ viewport: { width: 1280, height: 800 } });
  await laptop.signIn("test1@example.com");
  await laptop.synced();
  await laptop.go("Practice");

  await phone.context.setOffline(true);
  const before = await stack.query("select count(*)::int as n from practice_record");
  const titles = [];
  // Easy: after it no tune comes back on the same day, as one that is learned anew does after Good and Hard.
  for (const rating of ["easy", "easy", "easy"]) titles.push(await phone.rate(rating));
  await phone.submit();
  await phone.page.reload();
  for (const title of titles) await expect(phone.line(title)).toContainText("Easy");
  await phone.withoutNetwork();
  expect(await stack.query("select count(*)::int as n from practice_record")).toEqual(before);

  await phone.reconnected();
  await phone.synced();
  const [{ n }] = await stack.query("select count(*)::int as n from practice_record");
  expect(n).toBe(before[0].n + 3);
  const newest = await stack.query("select quality from practice_record where user_ref = (select id from auth.users where email = 'test1@example.com') order by practiced desc limit 3");
  expect(newest.map(({ quality }) => quality)).toEqual([4, 4, 4]);
  for (const title of titles) await expect(laptop.line(title)).toContainText("Easy");
});

test("a rating shows on a second device within two seconds", async ({ device }) => {
  const phone = await device();
  const email = somebody();
  await phone.signUp(email);
  await phone.synced();
  await phone.page.getByRole("link", { name: "Create a repertoire" }).click();
  await phone.page.getByLabel("Name of the repertoire").fill("Flute");
  await phone.page.getByRole("button", { name: "Create repertoire" }).click();
  await phone.addTunes(3);
  await phone.go("Practice");
  await expect(phone.page.getByTestId("current-tune")).toBeVisible();
  await phone.synced();
  const laptop = await device();
  await laptop.signIn(email);
  await laptop.synced();
  await expect(laptop.page.getByTestId("current-tune")).toBeVisible();
  await laptop.badge().click();
  await expect(laptop.page.getByText("on: changes elsewhere show at once")).toBeVisible();
  await laptop.page.keyboard.press("Escape");
  const title = await phone.rate("good");
  await expect(laptop.line(title)).toContainText("Good", { timeout: 2_000 });
});

test("undo takes the last rating back, here and there, also after a reload", async ({ device, stack }) => {
  const phone = await device();
  await phone.signUp(somebody());
  await phone.page.getByRole("link", { name: "Create a repertoire" }).click();
  await phone.page.getByLabel("Name of the repertoire").fill("Fiddle");
  await phone.page.getByRole("button", { name: "Create repertoire" }).click();
  await phone.addTunes(2);
  await phone.go("Practice");
  await expect(phone.page.getByTestId("current-tune")).toBeVisible();
  const title = await phone.currentTitle();
  await phone.page.keyboard.press("3");
  await expect(phone.line(title)).toContainText("Good");
  await phone.page.reload();
  await expect(phone.line(title)).toContainText("Good");
  await phone.page.keyboard.press("u");
  await expect(phone.line(title)).not.toContainText("Good");
  await phone.synced();
  const live = await stack.query("select count(*)::int as n from practice_record where not deleted and practiced > now() - interval '1 minute' and device_id <> 'legacy-migration' and user_ref = (select id from auth.users order by created_at desc limit 1)");
  expect(live).toEqual([{ n: 0 }]);
});
