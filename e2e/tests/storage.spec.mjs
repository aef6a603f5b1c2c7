// Room that runs out, files that are damaged: told in words, and what can be kept is kept.
import { expect, test } from "../fixtures.mjs";
import { somebody } from "../device.mjs";
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

/** Overwrites nearly all of every database file of the origin's private file system, from a page without the app. */
const smash = (page) =>
  page.evaluate(async () => {
    const root = await navigator.storage.getDirectory();
    const name = (bytes) => new TextDecoder().decode(bytes.subarray(0, 512)).replace(/\0.*$/s, "");
    const smashed = [];
    const walk = async (folder) => {
      for await (const handle of folder.values()) {
        if (handle.kind === "directory") {
          await walk(handle);
          continue;
        }
        const file = await handle.getFile();
        const head = new Uint8Array(await file.slice(0, 512).arrayBuffer());
        if (!/^(user-|local)[^-]*.*\.sqlite3$/.test(name(head))) continue;
        const writable = await handle.createWritable({ keepExistingData: true });
        // All behind the first pages, so that whatever is looked at first meets it. (The file is looked through whole once a day only.)
        for (let at = 4096 + 8192 * 2; at < file.size; at += 8192) await writable.write({ type: "write", position: at, data: new Uint8Array(8192).fill(0xa5) });
        await writable.close();
        smashed.push([name(head), file.size]);
      }
    };
    await walk(root);
    return smashed;
  });

// Passed in four of seven runs on a machine with eleven processes to two cores; in the others all data were there and in step, but the words were not
// on the screen after 30 s. Either nothing that was read had been damaged, or they were said before the page listened: not found out yet.
test.fixme("a damaged database is made anew from the server, and says so", async ({ device, stack, browserName }) => {
  test.skip(browserName !== "chromium", "writes into the private file system of a page that was left");
  const phone = await device();
  const email = somebody();
  await phone.signUp(email);
  await phone.page.getByRole("link", { name: "Create a repertoire" }).click();
  await phone.page.getByLabel("Name of the repertoire").fill("Damaged");
  await phone.page.getByRole("button", { name: "Create repertoire" }).click();
  await expect(phone.page.getByRole("heading", { level: 1, name: "Catalog" })).toBeVisible();
  const diary = new Diary("Damage");
  for (let n = 0; n < 3; n += 1) await diary.writeDown(phone.page);
  await phone.synced();
  await phone.page.goto(`${phone.url}/manifest.webmanifest`);
  // The worker of the page that was left lets go of the files.
  await expect(async () => expect((await smash(phone.page)).length).toBeGreaterThan(0)).toPass({ timeout: 20_000 });
  await phone.page.goto(phone.url);
  await expect(phone.page.getByText("was damaged and has been made anew").first()).toBeVisible({ timeout: 30_000 });
  await phone.page.getByRole("button", { name: "Close message" }).first().click();
  await phone.synced();
  await phone.go("Repertoire");
  for (const title of diary.acknowledged) await expect(phone.page.getByText(title, { exact: true })).toBeVisible();
  await diary.writeDown(phone.page);
  await phone.synced();
  await diary.checkServer(stack, email);
  await phone.settings("Sync and devices");
  await phone.page.getByRole("button", { name: "Check the database" }).click();
  await expect(phone.page.getByTestId("database-check")).toHaveText("The database is sound.");
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
  await expect(phone.page.locator("#page").getByText(/memory/i).first()).toBeVisible();
});
