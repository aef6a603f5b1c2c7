// What practice adds up to, and the practice history: what a person looks at, narrows, takes away.
import { expect, test } from "../fixtures.mjs";
import { somebody } from "../device.mjs";
import { lived } from "../lived.mjs";
import { picture, sizes } from "../look.mjs";
import { readFileSync } from "node:fs";

const PARTS = ["Days of practice", "The next four weeks", "How much you remember", "Fresh or stale", "How long tunes keep", "By type"];

const number = (text) => Number(text.replace(/\D/g, ""));

test("nothing rated yet is said in words, and the first rating is counted at once, also without a network", async ({ device }) => {
  const one = await device();
  await one.page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Analysis" }).click();
  await expect(one.page.getByRole("link", { name: "Start on this device" })).toBeVisible();
  await one.startHere("Flute");
  await one.installed();
  await expect(one.page.getByTestId("tune-row").first()).toBeVisible();
  await one.page.getByTestId("tune-row").first().getByRole("button", { name: /^Add / }).click();
  await one.go("Analysis");
  await expect(one.page.getByRole("heading", { name: "Nothing rated yet" })).toBeVisible();
  await one.context.setOffline(true);
  await one.page.getByRole("link", { name: "To today's practice", exact: true }).click();
  await one.rate("good");
  // What is chosen and not submitted is no practice yet.
  await one.go("Analysis");
  await expect(one.page.getByRole("heading", { name: "Nothing rated yet" })).toBeVisible();
  await one.go("Practice");
  await one.submit();
  await one.go("Analysis");
  await expect(one.page.getByText("Practised on 1 of the last 30 days.")).toBeVisible();
  await expect(one.page.getByText("Nothing has come back yet")).toBeVisible();
  await one.page.getByRole("link", { name: "Practice history" }).click();
  await expect(one.page.getByTestId("history-line")).toHaveCount(1);
  await expect(one.page.getByTestId("history-line")).toContainText("Good");
  await one.context.setOffline(false);
});

test("the history is narrowed, turned page by page, and saved as a table", async ({ device }) => {
  test.setTimeout(240_000);
  const one = await device();
  await one.signIn("test1@example.com");
  await one.synced();
  await one.page.goto(`${one.url}/history`);
  const total = one.page.getByTestId("history-total");
  await expect(total).toContainText(/of .* ratings/);
  const all = number((await total.textContent()).split(" of ")[1]);
  expect(all).toBeGreaterThan(50);
  await expect(one.page.getByTestId("history-line")).toHaveCount(50);
  const first = await one.page.getByTestId("history-line").first().textContent();
  await one.page.getByRole("button", { name: "Older" }).click();
  await expect(total).toContainText("51–");
  expect(await one.page.getByTestId("history-line").first().textContent()).not.toBe(first);
  await one.page.getByRole("button", { name: "Newer" }).click();
  await expect(total).toContainText("1–50 of");
  // By rating: together they are all.
  let sum = 0;
  for (const rating of ["Again", "Hard", "Good", "Easy"]) {
    const before = await total.textContent();
    await one.page.getByLabel(rating, { exact: true }).check();
    await expect(total).not.toHaveText(before);
    const text = await total.textContent();
    sum += text.startsWith("No") ? 0 : number(text.split(" of ").at(-1));
    await one.page.getByLabel(rating, { exact: true }).uncheck();
    await expect(total).toHaveText(before);
  }
  expect(sum).toBe(all);
  // By words.
  const title = await one.page.getByTestId("history-line").first().getByRole("link").textContent();
  await one.page.getByLabel("Search for a tune").fill(title);
  await expect.poll(async () => new Set(await one.page.getByTestId("history-line").getByRole("link").allTextContents()).has(title)).toBe(true);
  await expect.poll(async () => number((await total.textContent()).split(" of ").at(-1))).toBeLessThan(all);
  const few = number((await total.textContent()).split(" of ").at(-1));
  const waiting = one.page.waitForEvent("download");
  await one.page.getByRole("button", { name: "Save these as a table (CSV)" }).click();
  const download = await waiting;
  expect(download.suggestedFilename()).toMatch(/\.csv$/);
  const lines = readFileSync(await download.path(), "utf8").trim().split("\r\n");
  expect(lines[0]).toContain("Day,Time,Time (UTC),Tune");
  expect(lines.length - 1).toBe(few);
  // By days: none before there were tunes to practise.
  await one.page.getByText("Days and repertoire").click();
  await one.page.getByLabel("To", { exact: true }).fill("1990-01-01");
  await expect(one.page.getByText("No rating is like that.")).toBeVisible();
  await one.page.getByRole("button", { name: "Show all" }).click();
  await expect.poll(async () => number((await total.textContent()).split(" of ").at(-1))).toBe(all);
});

test("what is overdue stands in the forecast where there is room, told apart and in words", async ({ device }) => {
  const one = await device();
  await one.signIn("test1@example.com");
  await one.synced();
  await one.go("Analysis");
  const page = one.page;
  const part = page.locator(".part", { has: page.getByRole("heading", { name: "The next four weeks" }) });
  await expect(part).toContainText("of them from earlier days");
  const backlog = part.locator(".column.backlog");
  await expect(backlog.first()).toBeVisible();
  await expect(part.getByText("overdue, where there is room")).toBeVisible();
  await backlog.first().click();
  await expect(part.locator(".told")).toContainText(/room for \d+ overdue/);
  await part.getByRole("button", { name: /^As a table/ }).click();
  await expect(part.getByRole("columnheader", { name: "Room for overdue ones" })).toBeVisible();
});

test("dates are in the tongue of the page, in the manner of the reader's region", async ({ device }) => {
  const one = await device({ locale: "de-DE" });
  await one.signIn("test1@example.com");
  await one.synced();
  await one.page.goto(`${one.url}/history`);
  await expect(one.page.locator(".history-day h2").first()).toHaveText(/^(Mon|Tue|Wed|Thu|Fri|Sat|Sun),? \d+ [A-Z][a-z]+ \d{4}/);
  await expect(one.page.locator(".history-day").first()).not.toContainText(/\d:\d\d\s[AP]M/i);
  await one.settings("Practice");
  await one.page.getByText("Weekdays that are different").click();
  await expect(one.page.getByRole("rowheader").first()).toHaveText("Monday");
  await one.go("Repertoire");
  await expect(one.page.getByTestId("tune-row").filter({ hasText: /today|tomorrow|yesterday|\d+ (days|weeks|months|years)/ }).first()).toBeVisible();
  await expect(one.page.getByTestId("tune-row").filter({ hasText: /heute|morgen|gestern|Tagen|Wochen|Monaten/ })).toHaveCount(0);
  // Of the same moments, hours are counted as she does.
  const american = await device({ locale: "en-US" });
  await american.signIn("test1@example.com");
  await american.synced();
  await american.page.goto(`${american.url}/history`);
  await expect(american.page.locator(".history-day").first()).toContainText(/\d:\d\d\s[AP]M/);
  await expect(american.page.locator(".history-day h2").first()).toHaveText(/^(Mon|Tue|Wed|Thu|Fri|Sat|Sun), [A-Z][a-z]+ \d+, \d{4}/);
  await american.settings("Practice");
  await american.page.getByText("Weekdays that are different").click();
  await expect(american.page.getByRole("rowheader").first()).toHaveText("Sunday");
});

for (const theme of ["light", "dark"]) {
  for (const [size, viewport] of Object.entries(sizes)) {
    test(`pictures and their tables, ${size}, ${theme}`, async ({ device, stack }) => {
      test.setTimeout(240_000);
      const one = await device({ viewport, colorScheme: theme, reducedMotion: "reduce", deviceScaleFactor: size === "phone" ? 2 : 1 });
      const page = one.page;
      const shot = (name, fullPage = true) => picture(page, `${name}-${size}-${theme}`, { fullPage });
      const email = somebody();
      await one.signUp(email);
      await lived(stack, email);
      await page.reload();
      await one.synced();
      await one.go("Analysis");
      await expect(page.getByText(/Practised on [1-9]/)).toBeVisible({ timeout: 60_000 });
      await expect(page.locator("svg.calendar rect").first()).toBeVisible();
      for (const part of PARTS) await expect(page.getByRole("heading", { name: part })).toBeVisible();
      await expect(page.getByRole("img").first()).toHaveAttribute("aria-label", /./);
      await shot("analysis");
      // A day that is touched says what it was.
      await page.locator("svg.calendar rect").last().click();
      await expect(page.locator(".told").first()).toContainText(/practice|rating/);
      for (const button of await page.getByRole("button", { name: /^As a table/ }).all()) await button.click();
      await expect(page.getByRole("button", { name: /^As a table/, pressed: true })).toHaveCount(6);
      await expect(page.locator("svg.calendar, svg.drawing, .bars")).toHaveCount(0);
      await expect(page.getByRole("table")).toHaveCount(7);
      await shot("analysis-tables");
      await page.getByRole("link", { name: "Practice history" }).click();
      await expect(page.getByTestId("history-line").first()).toBeVisible();
      await shot("history", false);
    });
  }
}
