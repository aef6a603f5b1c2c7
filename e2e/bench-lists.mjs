// A list of ten thousand tunes: how long its frames take while it is scrolled, and how long a keystroke in the search until the list is another.
// Prints lines `name: value`; `cargo xtask bench` shows them. No assertion: a figure is read, not passed.
import { Device } from "./device.mjs";
import { launch } from "./profiles.mjs";
import { Stack } from "./stack.mjs";

const FRAMES = 180;

const report = (name, list, target) => {
  const s = [...list].sort((a, b) => a - b);
  const at = (q) => s[Math.min(s.length - 1, Math.ceil(q * s.length) - 1)].toFixed(1).padStart(6);
  console.log(`${name.padEnd(68)} median ${at(0.5)} ms   p95 ${at(0.95)}   max ${at(1)}   n=${s.length}${target ? `   target ${target}` : ""}`);
};

/** Scrolls on by some rows in each frame; how long the frames took. */
const scroll = (page) =>
  page.evaluate(async (frames) => {
    const gaps = [];
    window.scrollTo(0, 0);
    let last = performance.now();
    for (let n = 0; n < frames; n += 1) {
      window.scrollBy(0, 240);
      await new Promise(requestAnimationFrame);
      const now = performance.now();
      gaps.push(now - last);
      last = now;
    }
    window.scrollTo(0, 0);
    return gaps;
  }, FRAMES);

/** Types a text into the search at once; milliseconds until the list says another number. */
const type = (page, text) =>
  page.evaluate(
    (text) =>
      new Promise((resolve) => {
        const total = () => document.querySelector("[data-testid=total]").textContent;
        const before = total();
        const started = performance.now();
        const field = document.querySelector("input[type=search]");
        field.value = text;
        field.dispatchEvent(new Event("input", { bubbles: true }));
        const look = () => {
          const took = performance.now() - started;
          if (total() !== before || took > 2000) setTimeout(() => resolve(performance.now() - started));
          else requestAnimationFrame(look);
        };
        requestAnimationFrame(look);
      }),
    text,
  );

/** Taps the tab of the catalog; milliseconds until the first of its tunes is painted. */
const open = (page) =>
  page.evaluate(
    () =>
      new Promise((resolve) => {
        const tab = [...document.querySelectorAll("nav[aria-label=Main] a")].find((link) => link.getAttribute("href") === "/catalog");
        const started = performance.now();
        tab.click();
        const look = () => {
          const took = performance.now() - started;
          const here = tab.getAttribute("aria-current") === "page" && document.querySelector("[data-testid=tune-row]");
          if (here || took > 10_000) setTimeout(() => resolve(performance.now() - started));
          else requestAnimationFrame(look);
        };
        requestAnimationFrame(look);
      }),
  );

const stack = await Stack.create();
const browser = await launch();
try {
  await stack.query(
    `insert into tune (id, title, type, mode, incipit, last_modified_at)
     select gen_random_uuid(), 'Endless Tune Number ' || n, case when n % 2 = 0 then 'Reel' else 'JigD' end, 'D Major', '|:DFA dfa|', now()
     from generate_series(1, 10000) n`,
    [],
  );
  const device = await Device.open(browser, stack.url);
  const { page } = device;
  await page.setViewportSize({ width: 1280, height: 900 });
  await device.signIn("test1@example.com");
  await device.synced();
  await device.go("Catalog");
  await page.waitForFunction(() => Number((document.querySelector("[data-testid=total]")?.textContent ?? "").replace(/\D/g, "")) > 10_000, undefined, { timeout: 180_000 });
  const opened = [];
  for (let n = 0; n < 12; n += 1) {
    await device.go("Settings");
    opened.push(await open(page));
  }
  report("10,000 tunes: tap on the tab until the list is there", opened);
  const metrics = await device.context.newCDPSession(page);
  await metrics.send("Performance.enable");
  const spent = async () => Object.fromEntries((await metrics.send("Performance.getMetrics")).metrics.map(({ name, value }) => [name, value * 1000]));
  const before = await spent();
  const frames = await scroll(page);
  const after = await spent();
  report("10,000 tunes: a frame while scrolling", frames, "16.7");
  // A display at 60 Hz shows a frame late that took longer than one of its own and a half.
  const late = frames.filter((frame) => frame > 25).length;
  console.log(`${"  frames that came too late for a display at 60 Hz (> 25 ms)".padEnd(68)} ${late} of ${frames.length}`);
  for (const part of ["ScriptDuration", "RecalcStyleDuration", "LayoutDuration"]) {
    console.log(`${`  of it ${part}`.padEnd(68)} mean   ${((after[part] - before[part]) / FRAMES).toFixed(1).padStart(6)} ms`);
  }
  const keys = [];
  for (let n = 0; n < 4; n += 1) {
    for (const text of ["e", "endless 4", "endless 42", "endless 421", "", "reel 99", "dfa reel 7"]) keys.push(await type(page, text));
  }
  report("10,000 tunes: keystroke to another list (20 ms wait for the next key)", keys, "50");
  await device.close();
} finally {
  await browser.close();
  await stack.destroy();
}
