// Chromium and Firefox are two devices of one person: edits and ratings go both ways, offline and back, out of OPFS in both.
import { firefox } from "@playwright/test";
import { expect, test as base } from "../fixtures.mjs";
import { Device, two } from "../device.mjs";

const test = base.extend({
  /** Opens a device in Firefox: the distribution's own, driven over WebDriver BiDi. */
  fox: async ({ stack }, use) => {
    const browser = await firefox.launch({ channel: "moz-firefox", executablePath: process.env.FIREFOX || "/usr/bin/firefox-esr", timeout: 90_000 });
    const open = [];
    await use(async (options) => {
      open.push(await Device.open(browser, stack.url, options));
      return open.at(-1);
    });
    for (const device of open) await device.close();
    await browser.close();
  },
});

test("one device in Chromium, the other in Firefox", async ({ device, fox, stack }) => {
  test.setTimeout(180_000);
  const { phone, laptop, email } = await two(device, fox);
  // Firefox keeps it in its private file system, not in IndexedDB.
  await laptop.settings("Sync and devices");
  await expect(laptop.page.locator("#page").getByText("A database file in this browser")).toBeVisible();

  const id = await phone.createTune("The Kesh");
  await phone.go("Practice");
  await phone.rate("good");
  await laptop.go("Practice");
  await expect(laptop.line("The Kesh")).toContainText("Good");
  await laptop.openTune(id);
  await laptop.writeNote("Heard in Ennis");
  await phone.openTune(id);
  await expect(phone.page.getByText("Heard in Ennis")).toBeVisible();

  // Firefox without a network, also over a restart; Chromium goes on.
  await laptop.synced();
  await laptop.installed();
  await laptop.context.setOffline(true);
  await laptop.editTune({ Title: "The Kesh Jig" });
  await laptop.createTune("Written in Firefox");
  await phone.editTune({ "Key and mode": "G Major" });
  await phone.synced();
  await laptop.page.reload();
  await laptop.withoutNetwork();
  await laptop.sees("Written in Firefox");
  await laptop.reconnected();
  await laptop.synced();
  expect(await stack.tunes(email)).toEqual(["The Kesh Jig", "Written in Firefox"]);
  expect(await stack.query("select mode from tune where id = $1", [id])).toEqual([{ mode: "G Major" }]);
  await phone.sees("Written in Firefox");
  await laptop.openTune(id);
  await expect(laptop.facts()).toContainText("G Major");
});
