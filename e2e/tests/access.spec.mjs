// What everybody must be able to do: states that are seen where the reader's colours replace ours, reflow at 320 pixels and twice the size, the focus behind no bar.
import { expect, test } from "../fixtures.mjs";
import { accessible, picture, sizes } from "../look.mjs";

/** The background of an element as it is painted. */
const background = (locator) => locator.first().evaluate((element) => getComputedStyle(element).backgroundColor);

test("where the reader's colours replace ours, what is chosen is still told from what is not", async ({ device }) => {
  const one = await device({ viewport: sizes.phone, reducedMotion: "reduce", forcedColors: "active" });
  const { page } = one;
  await one.signIn("test1@example.com");
  await one.synced();
  await expect(page.getByTestId("current-tune")).toBeVisible();
  const chosen = async (pressed, other, what) => expect(await background(pressed), what).not.toBe(await background(other));
  await chosen(page.locator(".switch [aria-pressed=true]"), page.locator(".switch [aria-pressed=false]"), "cards or list");
  const now = page.locator(".today-row[aria-current=true]");
  const outline = (locator) => locator.first().evaluate((element) => getComputedStyle(element).outlineStyle);
  expect([await outline(now), await outline(page.locator(".today-row:not([aria-current=true])"))], "the tune on the stand").toEqual(["solid", "none"]);
  await picture(page, "forced-colors-practice");
  await one.go("Repertoire");
  await page.getByRole("button", { name: "Select", exact: true }).click();
  await chosen(page.locator(".list-buttons [aria-pressed=true]"), page.locator(".list-buttons button:not([aria-pressed=true]):not([aria-expanded=true])"), "selecting");
  await picture(page, "forced-colors-repertoire");
  await one.go("Analysis");
  const table = page.locator(".part-head button");
  await expect(table.nth(1)).toBeVisible();
  await table.first().click();
  await chosen(page.locator(".part-head [aria-pressed=true]"), page.locator(".part-head [aria-pressed=false]"), "picture or table");
  // Where one is: the bar above the tab, and the line under its word.
  const tab = page.locator(".tabs a[aria-current=page]");
  expect(await tab.evaluate((element) => getComputedStyle(element).textDecorationLine)).toBe("underline");
  await picture(page, "forced-colors-analysis");
});

const pages = ["/", "/repertoire", "/catalog", "/analysis", "/history", "/know", "/import", "/settings", "/settings/account", "/settings/practice",
  "/settings/appearance", "/settings/keyboard", "/settings/sync", "/data", "/repertoires", "/conflicts", "/refused", "/sign-in", "/forgotten", "/new-tune"];

// 1280 pixels at 400 % and at 200 % (WCAG 1.4.10, 1.4.4).
for (const [name, viewport] of [["320 pixels", { width: 320, height: 568 }], ["200 %", { width: 640, height: 400 }]]) {
  test(`at ${name} every page is one column, and nothing sticks out`, async ({ device }) => {
    test.setTimeout(240_000);
    const one = await device({ viewport, reducedMotion: "reduce" });
    const { page } = one;
    await one.signIn("test1@example.com");
    await one.synced();
    for (const path of pages) {
      await page.goto(`${one.url}${path}`);
      await one.started();
      await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
      if (path === "/repertoire" || path === "/catalog") await expect(page.getByTestId("tune-row").first()).toBeVisible();
      await accessible(page, `${path} at ${name}`);
    }
    await page.goto(`${one.url}/catalog`);
    await page.getByTestId("tune-row").first().getByRole("link").click();
    await expect(page.locator(".tune-card svg").first()).toBeVisible();
    await accessible(page, `a tune at ${name}`);
    await page.goto(one.url);
    await expect(page.getByTestId("current-tune")).toBeVisible();
    await picture(page, `practice-${viewport.width}`);
  });
}

/** Goes through the page by Tab; what has the focus and is covered from edge to edge. */
const hidden = async (page, most) => {
  const found = [];
  await page.locator("h1").first().focus();
  for (let n = 0; n < most; n += 1) {
    await page.keyboard.press("Tab");
    await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
    const said = await page.evaluate(() => {
      const element = document.activeElement;
      if (!element || element === document.body) return "end";
      const box = element.getBoundingClientRect();
      const own = (x, y) => {
        const top = document.elementFromPoint(x, y);
        return top && (element.contains(top) || top.contains(element) || top.closest("label")?.contains(element));
      };
      const inside = [0.1, 0.5, 0.9].flatMap((x) => [0.1, 0.5, 0.9].map((y) => [box.left + box.width * x, box.top + box.height * y]));
      return inside.some(([x, y]) => own(x, y)) ? null : element.outerHTML.slice(0, 120);
    });
    if (said === "end") break;
    if (said) found.push(said);
  }
  return found;
};

test("the focus is never behind the ratings, the tabs or the bar of the chosen", async ({ device }) => {
  test.setTimeout(180_000);
  const one = await device({ viewport: { width: 390, height: 664 }, reducedMotion: "reduce" });
  const { page } = one;
  await one.signIn("test1@example.com");
  await one.synced();
  await expect(page.getByTestId("current-tune")).toBeVisible();
  expect(await hidden(page, 60), "practice").toEqual([]);
  await one.go("Repertoire");
  await page.getByRole("button", { name: "Select", exact: true }).click();
  await page.getByTestId("tune-row").first().getByRole("checkbox").check();
  await expect(page.getByTestId("bulk")).toBeVisible();
  expect(await hidden(page, 60), "repertoire").toEqual([]);
});

test("every page below a section marks its tab and leads back to it", async ({ device }) => {
  const one = await device();
  await one.startHere("Flute");
  const page = one.page;
  const tabs = page.getByRole("navigation", { name: "Main" });
  for (const [path, section] of [["know", "Repertoire"], ["starter", "Repertoire"], ["repertoires", "Repertoire"], ["import", "Catalog"], ["new-tune", "Catalog"], ["history", "Analysis"], ["data", "Settings"], ["settings/keyboard", "Settings"]]) {
    await page.goto(`${one.url}/${path}`);
    await one.started();
    await expect(tabs.locator("a[aria-current]"), path).toHaveText(section);
    const back = page.getByRole("link", { name: `Back to ${section}` });
    await expect(back, path).toBeInViewport();
    await back.click();
    await expect(tabs.getByRole("link", { name: section, exact: true })).toHaveAttribute("aria-current", "page");
    await expect(back).toBeHidden();
  }
});
