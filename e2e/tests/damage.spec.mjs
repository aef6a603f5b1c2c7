// Files that are damaged, or that the browser has cleared: made anew, told in words until she has closed them, and what was not sent is kept.
import { readFile } from "node:fs/promises";
import { expect, test } from "../fixtures.mjs";
import { somebody, two } from "../device.mjs";
import { Diary } from "../diary.mjs";
import { strikeFiles } from "../opfs.mjs";

test.skip(({ browserName }) => browserName !== "chromium", "writes into the private file system of a page that was left");

const PUSH = { service: "rest", path_prefix: "/rest/v1/rpc/sync_push" };

/** An account with three tunes of her own, all on the server. */
async function settledIn(device) {
  const phone = await device();
  const email = somebody();
  await phone.signUp(email);
  await phone.firstRepertoire("Harp");
  const diary = new Diary("Harp");
  for (let n = 0; n < 3; n += 1) await diary.writeDown(phone.page);
  await phone.synced();
  return { phone, email, diary };
}

const message = (device, words) => device.page.locator(".toast").filter({ hasText: words });

/** The message stays over a reload, until it is closed; then it is gone for good. */
async function toldUntilClosed(device, words) {
  await expect(message(device, words)).toBeVisible({ timeout: 30_000 });
  await device.page.reload();
  await expect(message(device, words)).toBeVisible();
  await expect(message(device, words)).toHaveCount(1);
  await message(device, words).getByRole("button", { name: "Close message" }).click();
  await expect(message(device, words)).toHaveCount(0);
  await device.go("Repertoire");
  await device.page.reload();
  await device.started();
  await device.go("Repertoire");
  await expect(device.page.getByTestId("tune-row").first()).toBeVisible();
  await expect(message(device, words)).toHaveCount(0);
}

/** She has everything, the server too, and the file is sound. */
async function whole({ phone, email, diary }, stack) {
  await phone.synced();
  await phone.go("Repertoire");
  diary.check(await diary.titles(phone.page), "on the device");
  await diary.writeDown(phone.page);
  await phone.synced();
  await diary.checkServer(stack, email);
  await sound(phone);
}

async function sound(phone) {
  await phone.settings("Sync and devices");
  await phone.page.getByRole("button", { name: "Check the database" }).click();
  await expect(phone.page.getByTestId("database-check")).toHaveText("The database is sound.");
}

test("a damaged database is made anew from the server, and says so", async ({ device, stack }) => {
  const settled = await settledIn(device);
  await strikeFiles(settled.phone, {}, expect);
  await toldUntilClosed(settled.phone, "was damaged and has been made anew");
  await whole(settled, stack);
});

test("damage that only a later query meets: what was not sent is read from the file, sent, and to be had as a file of her own", async ({ device, stack }) => {
  const { phone, email } = await settledIn(device);
  // The server takes nothing for now.
  await stack.fault({ match: PUSH, action: { status: { code: 503 } } });
  await phone.createTune("Written before the damage");
  const [{ title }] = await stack.query("select title from tune where private_for is null and not deleted order by title limit 1");
  await strikeFiles(phone, { holding: title, sparing: "Written before the damage" }, expect);
  // Today's list needs none of the catalog.
  await phone.started();
  await phone.go("Catalog");
  await toldUntilClosed(phone, /damaged and has been made anew\. (One change|\d+ changes) that had not been sent (was|were) read from it and carried over/);
  expect(await stack.tunes(email)).not.toContain("Written before the damage");
  await phone.settings("Sync and devices");
  const download = phone.page.waitForEvent("download");
  await phone.page.getByRole("link", { name: "Save rescued changes" }).click();
  expect(await readFile(await (await download).path(), "utf8")).toContain("Written before the damage");
  await stack.noFaults();
  await phone.badge().click();
  await phone.page.getByRole("dialog", { name: "Sync" }).getByRole("button", { name: "Sync now" }).click();
  await phone.closePanel();
  await phone.synced();
  expect(await stack.tunes(email)).toEqual(["Harp 1", "Harp 2", "Harp 3", "Written before the damage"]);
  expect(Object.values(await stack.writes(email)), "sent once").toEqual([1, 1, 1, 1]);
  await phone.sees("Written before the damage");
  await sound(phone);
});

test("damage that the check in the settings finds is mended at once", async ({ device, stack }) => {
  const settled = await settledIn(device);
  const { phone } = settled;
  const [{ title }] = await stack.query("select title from tune where private_for is null and not deleted order by title limit 1");
  await strikeFiles(phone, { holding: title }, expect);
  await phone.settings("Sync and devices");
  await phone.page.getByRole("button", { name: "Check the database" }).click();
  await toldUntilClosed(phone, "was damaged and has been made anew");
  await whole(settled, stack);
});

test("damage that only the sync meets is mended without anybody looking", async ({ device, stack }) => {
  const { phone, laptop, email } = await two(device);
  const id = await laptop.createTune("The Kesh");
  await laptop.synced();
  await phone.sees("The Kesh");
  await phone.synced();
  await phone.go("Settings");
  await strikeFiles(phone, { holding: "The Kesh" }, expect);
  await phone.settings("Appearance");
  await laptop.openTune(id);
  await laptop.editTune({ "Key and mode": "G Major" });
  await expect(message(phone, "was damaged and has been made anew")).toBeVisible({ timeout: 30_000 });
  await phone.synced();
  await phone.openTune(id);
  await expect(phone.facts()).toContainText("G Major");
  expect(await stack.tunes(email)).toEqual(["The Kesh"]);
});

test("a database that the browser has cleared is fetched again, and that is said", async ({ device, stack }) => {
  const settled = await settledIn(device);
  await strikeFiles(settled.phone, { gone: true }, expect);
  await toldUntilClosed(settled.phone, "Your data were gone from this device: the browser had cleared them. They are fetched from the server again");
  await whole(settled, stack);
});

test("without an account a cleared database is told, too, with what would have helped", async ({ device }) => {
  const phone = await device();
  await phone.startHere("Spoons");
  await new Diary("Spoons").writeDown(phone.page);
  await strikeFiles(phone, { gone: true }, expect);
  await expect(message(phone, "Make an account, and they are safe on the server too")).toBeVisible({ timeout: 30_000 });
  await expect(phone.page.getByRole("link", { name: "Start on this device" })).toBeVisible();
});

test("the device's own file damaged: she signs in again, and everything is there", async ({ device, stack }) => {
  const settled = await settledIn(device);
  const { phone, email } = settled;
  await strikeFiles(phone, { file: "^device\\.sqlite3$" }, expect);
  await expect(message(phone, "What this device remembered of your account was damaged")).toBeVisible({ timeout: 30_000 });
  await message(phone, "What this device remembered").getByRole("button", { name: "Close message" }).click();
  await phone.signIn(email);
  await whole(settled, stack);
});
