// The sync panel: what waits, what is on its way, when it is tried next; whether the browser keeps the data; syncing at once.
import { expect, test } from "../fixtures.mjs";
import { two } from "../device.mjs";

const PUSH = { service: "rest", path_prefix: "/rest/v1/rpc/sync_push" };

const panelOf = (device) => device.page.getByRole("dialog", { name: "Sync" });

/** The value beside a name in the panel. */
const fact = (device, name) => panelOf(device).locator("dl.facts > div").filter({ has: device.page.getByText(name, { exact: true }) }).locator("dd");

test("the panel tells what waits and what is on its way, when it is tried next and why, and syncs when asked", async ({ device, stack }) => {
  const { phone, laptop, email } = await two(device);
  await stack.fault({ match: PUSH, times: 1, action: { delay_ms: 6000 } });
  await phone.createTune("Under way");
  await phone.badge().click();
  await expect(fact(phone, "Waiting to be sent")).toHaveText(/^\d+ changes?, on the way now$/);
  await expect(fact(phone, "Waiting to be sent")).toHaveText("nothing", { timeout: 30_000 });
  await expect(fact(phone, "Last sent")).toHaveText(/just now|second/);
  await expect(fact(phone, "Last fetched")).toHaveText(/just now|second|minute/);
  await expect(fact(phone, "This device")).toContainText("Chrome on");
  await phone.closePanel();

  await stack.fault({ match: PUSH, action: { status: { code: 503 } } });
  await phone.createTune("Waits");
  await expect(phone.badge()).toHaveAttribute("data-phase", "retrying", { timeout: 30_000 });
  await phone.badge().click();
  await expect(fact(phone, "Waiting to be sent")).toHaveText(/^\d+ changes?$/);
  await expect(fact(phone, "Next attempt")).toHaveText(/^in \d+ (s|min)|^now|^soon/);
  await expect(fact(phone, "Last problem")).toContainText("503");
  // Until the pause is so long that the test would not wait for it.
  await expect(fact(phone, "Next attempt")).toHaveText(/^in ([6-9]|\d\d) s/, { timeout: 60_000 });
  await stack.noFaults();
  await panelOf(phone).getByRole("button", { name: "Sync now" }).click();
  await expect(fact(phone, "Waiting to be sent")).toHaveText("nothing", { timeout: 5_000 });
  await expect(fact(phone, "Next attempt")).toHaveCount(0);
  await expect(fact(phone, "Last problem")).toHaveCount(0);
  await phone.closePanel();
  await phone.synced();
  expect(await stack.tunes(email)).toEqual(["Under way", "Waits"]);
  await laptop.sees("Waits");
});

test("the browser is asked to keep the data at the first edit and not before, once; its answer is shown, a yes and a no", async ({ device, browser, browserName }) => {
  test.skip(browserName !== "chromium", "gives the permission by Chromium's protocol");
  const control = await browser.newBrowserCDPSession();
  for (const granted of [false, true]) {
    const prepare = (context) =>
      context.addInitScript(() => {
        window.asked = 0;
        const { persist } = StorageManager.prototype;
        StorageManager.prototype.persist = function () {
          window.asked += 1;
          return persist.call(this);
        };
      });
    const phone = await device({ prepare });
    const session = await phone.context.newCDPSession(phone.page);
    const { targetInfo } = await session.send("Target.getTargetInfo");
    if (granted) await control.send("Browser.grantPermissions", { origin: phone.url, browserContextId: targetInfo.browserContextId, permissions: ["durableStorage"] });
    const asked = () => phone.page.evaluate(() => window.asked);
    await phone.settings("Sync and devices");
    // Where the browser keeps it already, that is said at once.
    if (!granted) await expect(phone.page.locator("#page").getByText("The browser is asked to keep it with your first change.")).toBeVisible();
    await phone.go("Practice");
    expect(await asked(), "before any edit").toBe(0);
    await phone.startHere("Flute");
    // Where the browser keeps it already there is nothing to ask for.
    if (!granted) await expect.poll(asked).toBe(1);
    await phone.addTunes(2);
    expect(await asked(), "once").toBeLessThanOrEqual(1);
    const words = granted ? "The browser has agreed to keep it even when space runs short." : "The browser may clear it when space runs short.";
    await phone.badge().click();
    await expect(fact(phone, "Where your tunes are")).toContainText(words);
    await phone.closePanel();
    // It is remembered: nobody is asked again.
    await phone.page.reload();
    await phone.settings("Sync and devices");
    await expect(phone.page.locator("#page")).toContainText(words);
    await phone.addTunes(1);
    expect(await asked()).toBe(0);
  }
});
