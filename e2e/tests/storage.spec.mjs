// Room that runs out, files that cannot be read, no storage at all: told in words, and what can be kept is kept.
import { expect, test } from "../fixtures.mjs";
import { two } from "../device.mjs";
import { Diary } from "../diary.mjs";

test("with no room left an edit says that it was not saved, and goes through when there is room again", async ({ device, browserName }) => {
  test.skip(browserName !== "chromium", "sets the quota by Chromium's protocol");
  const phone = await device();
  await phone.startHere("Tin whistle");
  const diary = new Diary("Room");
  await diary.writeDown(phone.page);
  const session = await phone.context.newCDPSession(phone.page);
  const origin = new URL(phone.url).origin;
  await session.send("Storage.overrideQuotaForOrigin", { origin, quotaSize: 1 });
  // A note that needs new pages.
  await phone.page.getByRole("button", { name: "Write a note" }).click();
  await phone.page.getByRole("textbox", { name: "Note" }).fill("x".repeat(150_000));
  await phone.page.getByRole("button", { name: "Save note" }).click();
  await expect(phone.page.getByText("no room left").first()).toBeVisible();
  await session.send("Storage.overrideQuotaForOrigin", { origin });
  await phone.page.getByRole("button", { name: "Save note" }).click();
  await expect(phone.page.getByRole("button", { name: "Save note" })).toHaveCount(0);
  await phone.page.reload();
  await expect(phone.page.getByText("xxxxxxxx").first()).toBeVisible();
});

test("with no room left nothing is fetched, and that is said; edits go on, and with room again the rest comes", async ({ device, stack, browserName }) => {
  test.skip(browserName !== "chromium", "sets the quota by Chromium's protocol");
  const { phone, laptop } = await two(device);
  const id = await phone.createTune("The Kesh");
  await phone.synced();
  await laptop.sees("The Kesh");
  const session = await phone.context.newCDPSession(phone.page);
  const origin = new URL(phone.url).origin;
  await session.send("Storage.overrideQuotaForOrigin", { origin, quotaSize: 1 });
  await laptop.openTune(id);
  await laptop.page.getByRole("button", { name: "Write a note" }).click();
  await laptop.page.getByRole("textbox", { name: "Note" }).fill("y".repeat(150_000));
  await laptop.page.getByRole("button", { name: "Save note" }).click();
  await expect(phone.badge()).toContainText("No room", { timeout: 30_000 });
  await phone.badge().click();
  const panel = phone.page.getByRole("dialog", { name: "Sync" });
  await expect(panel).toContainText("There is no room for what is new on the server, so it is not fetched. Your own changes are still saved and sent.");
  await expect(panel.getByText("Next attempt", { exact: true })).toBeVisible();
  await phone.closePanel();
  // Small enough for the pages that are there.
  await phone.openTune(id);
  await phone.editTune({ "Key and mode": "G Major" });
  await expect.poll(async () => (await stack.query("select mode from tune where id = $1", [id]))[0].mode, { timeout: 30_000 }).toBe("G Major");
  await session.send("Storage.overrideQuotaForOrigin", { origin });
  await phone.badge().click();
  await panel.getByRole("button", { name: "Sync now" }).click();
  await phone.closePanel();
  await phone.synced();
  await expect(phone.page.getByText("yyyyyyyy").first()).toBeVisible();
});

// What is there when it has been read after all. (Lists of tunes are kept in memory by then.)
const READ = {
  Practice: (page) => page.getByTestId("current-tune"),
  Analysis: (page) => page.locator("svg.calendar rect"),
};

test("a page whose data cannot be read says so, and tries again when asked", async ({ device, browserName }) => {
  test.skip(browserName !== "chromium", "reaches into the worker");
  const phone = await device();
  await phone.signIn("test1@example.com");
  await phone.synced();
  for (const [tab, read] of Object.entries(READ)) {
    // A new worker, which has not read what the page will ask for.
    await phone.settings("Appearance");
    await phone.page.reload();
    await expect(phone.page.getByRole("heading", { level: 1, name: "Appearance" })).toBeVisible();
    await phone.synced();
    await phone.page.workers()[0].evaluate(() => {
      const file = FileSystemSyncAccessHandle.prototype;
      self.asItWas = file.read;
      file.read = () => {
        throw new DOMException("as if the disk failed", "NotReadableError");
      };
    });
    await phone.go(tab);
    const alert = phone.page.locator("#page").getByRole("alert").filter({ hasText: "could not be read or written" });
    await expect(alert, tab).toBeVisible();
    await phone.page.workers()[0].evaluate(() => {
      FileSystemSyncAccessHandle.prototype.read = self.asItWas;
    });
    await alert.getByRole("button", { name: "Try again" }).click();
    await expect(read(phone.page).first()).toBeVisible();
    await expect(alert).toHaveCount(0);
  }
});

test("without any storage of the browser's the app works, and says what that means", async ({ device }) => {
  const none = `Object.defineProperty(navigator.storage.constructor.prototype, "getDirectory", { value: () => Promise.reject(new DOMException("gone", "SecurityError")) });
    Object.defineProperty(IDBFactory.prototype, "open", { value: () => { throw new DOMException("gone", "SecurityError"); } });`;
  const prepare = (context) =>
    context.route("**/worker_loader.js", async (route) => {
      const reply = await route.fetch();
      await route.fulfill({ response: reply, body: `${none}\n${await reply.text()}` });
    });
  const phone = await device({ serviceWorkers: "block", prepare });
  await phone.startHere("Spoons");
  await new Diary("Memory").writeDown(phone.page);
  await phone.settings("Sync and devices");
  await expect(phone.page.locator("#page")).toContainText("In memory only. This browser lets the app keep nothing: what is not synced is gone when you close this tab.");
  await phone.badge().click();
  await expect(phone.page.getByRole("dialog", { name: "Sync" })).toContainText("In memory only. This browser lets the app keep nothing");
});
