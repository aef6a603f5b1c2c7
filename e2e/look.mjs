// What every page is held to when it is looked at: axe finds nothing, nothing sticks out sideways, and a picture for people to look at.
// TUNETREES_SCREENSHOTS=docs renews those of the documentation.
import { AxeBuilder } from "@axe-core/playwright";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "@playwright/test";

const e2e = dirname(fileURLToPath(import.meta.url));
export const shots = process.env.TUNETREES_SCREENSHOTS === "docs" ? join(dirname(e2e), "docs/screenshots") : join(e2e, "results/screenshots");
export const sizes = { phone: { width: 390, height: 844 }, desktop: { width: 1280, height: 800 } };

/** Until nothing moves: a page on its way from light to dark has colours that nobody sees. */
const settled = (page) =>
  page.evaluate(async () => {
    const frame = () => new Promise((done) => requestAnimationFrame(done));
    await frame();
    await Promise.allSettled(document.getAnimations().filter((it) => it.effect?.getComputedTiming().iterations !== Infinity).map((it) => it.finished));
    await frame();
  });

/** axe finds nothing, and the page is no wider than the window. */
export async function accessible(page, name) {
  await settled(page);
  const axe = new AxeBuilder({ page }).withTags(["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]);
  // Where the page is scrolled the bars cover half a button, which then counts as small; sizes are looked at where it is not.
  const scrolled = await page.evaluate(() => window.scrollY > 0);
  const found = await (scrolled ? axe.disableRules("target-size") : axe).analyze();
  expect(found.violations.map((v) => `${name}: ${v.id}: ${v.nodes.map((n) => n.html).join(" ")}`)).toEqual([]);
  expect(await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth), `${name}: nothing sticks out`).toBe(0);
}

/** The page as it is: looked at by axe, and its picture. */
export async function picture(page, name, { fullPage = false } = {}) {
  // Nothing lies under the mouse, or it looks chosen.
  await page.mouse.move(0, 0);
  await accessible(page, name);
  // A phone's picture at twice its size (playwright.config.mjs), that of a wide screen as it is.
  const shot = { path: join(shots, `${name}.png`), scale: page.viewportSize().width < sizes.desktop.width ? "device" : "css" };
  if (!fullPage) return void (await page.screenshot(shot));
  // A window as high as the page: what is fixed to its lower edge stands there, and not across the middle of the picture.
  const before = page.viewportSize();
  const height = await page.evaluate(() => document.documentElement.scrollHeight);
  await page.setViewportSize({ ...before, height: Math.max(before.height, height) });
  await settled(page);
  await page.screenshot(shot);
  await page.setViewportSize(before);
}

/** The same page on phone and desktop, light and dark. */
export async function pictures(page, name, { fullPage = false } = {}) {
  const before = page.viewportSize();
  for (const [size, viewport] of Object.entries(sizes)) {
    await page.setViewportSize(viewport);
    for (const colorScheme of ["light", "dark"]) {
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      if (fullPage) await page.evaluate(() => window.scrollTo(0, 0));
      await picture(page, `${name}-${size}-${colorScheme}`, { fullPage });
    }
  }
  await page.setViewportSize(before);
  await page.emulateMedia({ colorScheme: "light", reducedMotion: "reduce" });
}
