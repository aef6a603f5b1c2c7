// Figures of the app in a real browser against devstack: start, first queue, a device's first sync, device to device.
// Prints lines `name: value`; `cargo xtask bench` shows them after the sizes. No assertion: a figure is read, not passed.
import { Device, somebody } from "./device.mjs";
import { launch } from "./profiles.mjs";
import { Stack } from "./stack.mjs";

const rounds = Number(process.env.TUNETREES_BENCH_ROUNDS ?? 7);

const WIDE = 68;
const sorted = (list) => [...list].sort((a, b) => a - b);
const report = (name, list, target) => {
  const s = sorted(list);
  const at = (q) => s[Math.min(s.length - 1, Math.floor(q * s.length))].toFixed(0);
  console.log(`${name.padEnd(WIDE)} median ${at(0.5).padStart(6)} ms   min ${at(0).padStart(6)}   max ${at(0.999).padStart(6)}   n=${s.length}${target ? `   target ${target}` : ""}`);
};

/** Milliseconds from the start of the navigation until the tune on the stand is painted, by the page's own clock. */
const untilQueue = (page) =>
  page.evaluate(
    () =>
      new Promise((resolve) => {
        const look = () => (document.querySelector("[data-testid=current-tune]") ? requestAnimationFrame(() => resolve(performance.now())) : requestAnimationFrame(look));
        look();
      }),
  );

/** Removes what a start could take from the browser (HTTP cache, service worker and its cache); the database stays. */
const forgetApp = async (device) => {
  await device.page.goto("about:blank");
  const browserItself = await device.context.newCDPSession(device.page);
  await browserItself.send("Network.clearBrowserCache");
  await browserItself.send("Storage.clearDataForOrigin", { origin: device.url, storageTypes: "service_workers,cache_storage" });
  await browserItself.detach();
  // The worker of the page that was left lets go of the database files within this time; a person who opens the app does not wait for that.
  await new Promise((resolve) => setTimeout(resolve, 3_000));
};

const stack = await Stack.create();
const browser = await launch();
try {
  console.log(`${browser.where}, ${rounds} rounds, loopback, ${stack.isWhole ? "the whole legacy test database" : "the bundled excerpt"}`);

  const cold = [];
  for (let n = 0; n < rounds; n += 1) {
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.goto(stack.url);
    cold.push(await page.evaluate(() => new Promise((resolve) => {
      const look = () => (document.querySelector(".welcome a.primary") ? requestAnimationFrame(() => resolve(performance.now())) : requestAnimationFrame(look));
      look();
    })));
    await context.close();
  }
  report("cold start: nothing cached, no database, to the welcome", cold);

  // New devices: signing in until the first queue is there. Then nothing of the app is left on them but the database.
  const signedIn = [];
  const fresh = [];
  for (let n = 0; n < Math.min(rounds, 5); n += 1) {
    const device = await Device.open(browser, stack.url);
    const started = performance.now();
    await device.signIn("test1@example.com");
    await device.page.getByTestId("current-tune").waitFor();
    signedIn.push(performance.now() - started);
    await device.synced();
    await device.installed();
    await forgetApp(device);
    await device.page.goto(stack.url);
    fresh.push(await untilQueue(device.page));
    await device.close();
  }
  report("sign in on a new device to the first queue", signedIn);
  report("cold start: nothing cached, database on the device, to first queue", fresh);

  const device = await Device.open(browser, stack.url);
  const from = performance.now();
  await device.signIn("test1@example.com");
  await device.page.getByTestId("current-tune").waitFor();
  await device.synced();
  const [{ rows }] = await stack.query("select (select count(*) from tune) + (select count(*) from playlist_tune) + (select count(*) from practice_record) + (select count(*) from note) + (select count(*) from reference) + (select count(*) from daily_practice_queue) as rows");
  const took = performance.now() - from;
  console.log(`${"sign in on a new device to fully synced".padEnd(WIDE)}        ${took.toFixed(0).padStart(6)} ms   about ${rows} rows, ${((rows * 1000) / took).toFixed(0)} rows/s in all`);

  await device.installed();
  const warm = [];
  for (let n = 0; n < rounds; n += 1) {
    await device.page.goto(stack.url);
    warm.push(await untilQueue(device.page));
  }
  report("warm start to the first queue", warm, "2000");
  await device.context.setOffline(true);
  const offline = [];
  for (let n = 0; n < rounds; n += 1) {
    await device.page.goto(stack.url);
    offline.push(await untilQueue(device.page));
  }
  report("warm start without a network to the first queue", offline, "2000");

  await device.context.setOffline(false);
  await device.synced();
  await device.close();

  // Two devices of one person: a tune is added on one until it is seen on the other.
  const email = somebody();
  const a = await Device.open(browser, stack.url);
  await a.signUp(email);
  await a.page.getByRole("link", { name: "Create a repertoire" }).click();
  await a.page.getByLabel("Name of the repertoire").fill("Flute");
  await a.page.getByRole("button", { name: "Create repertoire" }).click();
  await a.go("Catalog");
  await a.synced();
  const b = await Device.open(browser, stack.url);
  await b.signIn(email);
  await b.synced();
  await b.go("Repertoire");
  const latency = [];
  for (let n = 0; n < rounds; n += 1) {
    const rowsThere = await b.page.getByTestId("tune-row").count();
    const seen = b.page.evaluate(
      (count) =>
        new Promise((resolve) => {
          const look = () => (document.querySelectorAll("[data-testid=tune-row]").length > count ? resolve(Date.now()) : requestAnimationFrame(look));
          look();
        }),
      rowsThere,
    );
    const started = await a.page.evaluate(() => {
      [...document.querySelectorAll("button.add")].find((button) => !button.classList.contains("there")).click();
      return Date.now();
    });
    latency.push((await seen) - started);
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
  report("an edit on device A until it is painted on device B", latency, "1000");
  await a.close();
  await b.close();
} finally {
  await browser.close();
  await stack.destroy();
}
