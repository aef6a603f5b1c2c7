// Room that runs out, no storage at all: told in words, and what can be kept is kept.
import { expect, test } from "../fixtures.mjs";
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
