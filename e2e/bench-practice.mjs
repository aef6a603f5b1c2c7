// How long a tap on a rating takes until the next tune is painted, over the migrated history of one person: as this machine does it, and four
// times slower, as a phone would. Prints lines `name: value`; `cargo xtask bench` shows them. No assertion: a figure is read, not passed.
import { Device } from "./device.mjs";
import { launch } from "./profiles.mjs";
import { Stack } from "./stack.mjs";

const most = Number(process.env.TUNETREES_BENCH_RATINGS ?? 30);

const report = (name, list, target) => {
  const s = [...list].sort((a, b) => a - b);
  const at = (q) => s[Math.min(s.length - 1, Math.ceil(q * s.length) - 1)].toFixed(0).padStart(5);
  console.log(`${name.padEnd(68)} median ${at(0.5)} ms   p95 ${at(0.95)}   max ${at(1)}   n=${s.length}${target ? `   target ${target}` : ""}`);
};

/** Rates the tune on the stand; milliseconds until the next one is painted, and until the rating is on the disk. */
const rate = (page, rating) =>
  page.evaluate(
    (rating) =>
      new Promise((resolve) => {
        // Two tunes may bear the same title.
        const tune = () => document.querySelector("[data-testid=current-tune] h2")?.textContent + document.querySelector("[data-testid=flashcard-counter]")?.textContent;
        const progress = document.querySelector("[data-testid=queue-progress]");
        const before = tune();
        const started = performance.now();
        let shown = null;
        document.querySelector(`[data-testid=rate-${rating}]`).click();
        const look = () => {
          // The frame in which it is seen first is painted after this; what comes next in the queue of tasks is after the paint.
          if (shown === null && tune() !== before) setTimeout(() => (shown = performance.now() - started));
          if (shown !== null && progress.dataset.saved === "true") resolve([shown, performance.now() - started]);
          else requestAnimationFrame(look);
        };
        requestAnimationFrame(look);
      }),
    rating,
  );

const stack = await Stack.create();
const browser = await launch();
try {
  const device = await Device.open(browser, stack.url);
  await device.signIn("test1@example.com");
  await device.synced();
  const { page } = device;
  await page.getByTestId("new-queue").click();
  await page.getByTestId("new-queue").waitFor({ state: "hidden" });
  for (let n = 0; n < 2; n += 1) {
    await page.getByTestId("add-more").click();
    await page.getByLabel("How many?").fill("50");
    await page.getByRole("button", { name: "Add", exact: true }).click();
    await page.getByLabel("How many?").waitFor({ state: "hidden" });
  }
  await device.synced();
  const words = ["good", "easy", "hard", "good", "good"];
  const browserItself = await device.context.newCDPSession(page);
  for (const [slower, where] of [[1, "here"], [4, "four times slower"]]) {
    await browserItself.send("Emulation.setCPUThrottlingRate", { rate: slower });
    const painted = [];
    const kept = [];
    for (let n = 0; n < most; n += 1) {
      const [shown, saved] = await rate(page, words[n % words.length]);
      painted.push(shown);
      kept.push(saved);
      // Nobody plays a tune in less; the dates of the next one are looked up meanwhile.
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
    report(`rating to the next tune painted, ${where}`, painted, "50");
    report(`rating until it is on the disk, ${where}`, kept);
  }
  await device.close();
} finally {
  await browser.close();
  await stack.destroy();
}
