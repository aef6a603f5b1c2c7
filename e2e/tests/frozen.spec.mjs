// The process of the tab in charge is stopped (SIGSTOP), without a word, in the middle of a sync; another takes over; the first moves again.
// The fence: the one that was stopped writes nothing and sends nothing twice any more.
import { readFileSync, readdirSync } from "node:fs";
import { expect, test } from "../fixtures.mjs";
import { somebody } from "../device.mjs";
import { Diary, listed } from "../diary.mjs";

test.describe.configure({ retries: 0 });

test.skip(({ browserName }) => browserName !== "chromium", "stops Chromium's processes");

const PUSH = { service: "rest", path_prefix: "/rest/v1/rpc/sync_push" };

/** The processes of this browser in which a worker runs. */
const inCharge = async (browser) => {
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send("SystemInfo.getProcessInfo");
  await session.detach();
  const threads = (pid) => readdirSync(`/proc/${pid}/task`).map((task) => readFileSync(`/proc/${pid}/task/${task}/comm`, "utf8"));
  return processInfo.filter(({ type }) => type === "renderer").map(({ id }) => id).filter((pid) => threads(pid).some((name) => name.startsWith("DedicatedWorker")));
};

const repertoire = async (page) => {
  await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Repertoire", exact: true }).click();
  return (await listed(page)).sort();
};

/** The tab in charge, stopped while a push of its edit is under way, and another tab. */
async function stopped({ device, stack, browser }, word, prepare) {
  // No service worker: it would live, and stop, in one of the tabs' processes.
  const phone = await device({ serviceWorkers: "block", prepare });
  const email = somebody();
  await phone.signUp(email);
  await phone.firstRepertoire("Frozen");
  const diary = new Diary(word);
  await diary.writeDown(phone.page);
  await phone.synced();
  const second = await phone.context.newPage();
  second.on("pageerror", (error) => phone.problems.push(String(error)));
  await second.goto(phone.url);
  await second.getByRole("navigation", { name: "Main" }).waitFor();
  await diary.writeDown(second);
  await phone.synced();
  const owners = await inCharge(browser);
  expect(owners).toHaveLength(1);
  await stack.fault({ match: PUSH, times: 1, action: { delay_ms: 2000 } });
  await diary.writeDown(phone.page);
  process.kill(owners[0], "SIGSTOP");
  return { phone, email, diary, second, go: () => process.kill(owners[0], "SIGCONT") };
}

/** Both tabs work and show the same; the server has everything, each once, each sent once. */
async function once({ phone, second, diary, email }, stack) {
  for (const page of [phone.page, second]) await diary.writeDown(page, 60_000);
  await phone.synced();
  expect(await repertoire(second)).toEqual(await repertoire(phone.page));
  diary.check(await diary.titles(phone.page), "on the device");
  await diary.checkServer(stack, email);
  expect(Object.entries(await stack.writes(email)).filter(([, writes]) => writes > 1), "sent twice").toEqual([]);
  // A stopped tab that kept its copy in memory must not bring it back later.
  await second.close();
  await phone.page.reload();
  diary.check(await repertoire(phone.page).then(() => diary.titles(phone.page)), "after a restart");
}

test("stopped over the database file: nobody else gets it before it moves, then another tab does, and every edit is there once", async ({ device, stack, browser }) => {
  test.setTimeout(180_000);
  const all = await stopped({ device, stack, browser }, "Stopped");
  const { second, diary, go } = all;
  try {
    // This one waits for an answer; the stopped one still holds the file, and that is said.
    const waiting = diary.writeDown(second, 90_000);
    await expect(second.getByRole("heading", { name: "TuneTrees is open in another tab" })).toBeVisible({ timeout: 45_000 });
    go();
    await waiting;
  } finally {
    go();
  }
  await once(all, stack);
});

test("stopped over IndexedDB: another tab works on alone, and the stopped one, back, writes nothing over it", async ({ device, stack, browser }) => {
  test.setTimeout(180_000);
  const none = `Object.defineProperty(navigator.storage.constructor.prototype, "getDirectory", { value: () => Promise.reject(new DOMException("gone", "SecurityError")) });`;
  const prepare = (context) =>
    context.route("**/worker_loader.js", async (route) => {
      const reply = await route.fetch();
      await route.fulfill({ response: reply, body: `${none}\n${await reply.text()}` });
    });
  const all = await stopped({ device, stack, browser }, "Fenced", prepare);
  const { second, diary, email, go } = all;
  try {
    for (let n = 0; n < 3; n += 1) await diary.writeDown(second, 60_000);
    await expect(second.getByTestId("sync-badge")).toHaveAttribute("data-phase", "synced", { timeout: 30_000 });
    await diary.checkServer(stack, email);
  } finally {
    go();
  }
  await once(all, stack);
});
