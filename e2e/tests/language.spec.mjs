// Every text of the interface can be translated: every page in a language made of brackets, on a phone, and nothing without them but
// what people and the catalog wrote. The language is made from the translators' template, and is given to the page by the test.
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "../fixtures.mjs";

const TAG = "en-XA";
// What a service worker fetches cannot be given by a test.
const plain = { serviceWorkers: "block" };
const template = JSON.parse(readFileSync(join(dirname(fileURLToPath(import.meta.url)), "../../docs/translating-template.json"), "utf8"));

const ACCENTS = { a: "á", e: "é", i: "í", o: "ö", u: "ü", c: "ç", n: "ñ", A: "Á", E: "É", I: "Í", O: "Ö", U: "Ü", C: "Ç", N: "Ñ" };

/** In brackets, with accents, and a third longer. */
function pseudo(text) {
  const [, before, middle, after] = /^(\s*)(.*?)(\s*)$/s.exec(text);
  const said = middle.replace(/\{\w+\}|[a-zA-Z]/g, (part) => ACCENTS[part] ?? part);
  const more = "ẋẋẋẋẋ ".repeat(Math.ceil((middle.length * 0.3) / 6)).slice(0, Math.ceil(middle.length * 0.3)).trim();
  return `${before}⟦${said} ${more}⟧${after}`;
}

const catalogue = Object.fromEntries(Object.entries(template).map(([key, text]) => [key, pseudo(text)]));

async function inBrackets(device) {
  await device.context.route(`**/languages/${TAG}.json`, (route) => route.fulfill({ json: catalogue }));
  await device.page.evaluate((tag) => localStorage.setItem("tunetrees.language", tag), TAG);
  await device.page.reload();
  await expect(device.page.locator("html")).toHaveAttribute("lang", TAG);
  await expect(device.page.locator("nav.tabs")).toContainText("⟦");
}

/** What is seen or heard and has letters outside of brackets; with what it stands in. */
const bare = (page) =>
  page.evaluate(() => {
    // What people and the catalog wrote.
    const titles = '.title, .tune-title, .tune-page h1, a[href^="/tune/"]:not(.to-tune), .starter-list .chip';
    const content = `${titles}, .notation .staff, .abc, .col-incipit, .col-tags, textarea, datalist, q, pre`;
    const written = [...document.querySelectorAll(titles)].map((element) => element.textContent.trim()).filter(Boolean);
    // Of the demo data and of this device; and what is called the same everywhere.
    const NAMES = /Irish (Flute|Tenor Banjo|Traditional Music)|irishtune\.info( #\d+)?|Chrome on Android|TuneTrees|abcjs|FSRS|SM2/g;
    const TAGS = /^\s*(Sunday set|céilí|naïve 🎻|session|slow)\s*$/;
    const KEYS = /\b[A-G][#b♯♭]? (Major|Minor|Dorian|Mixolydian|Lydian|Phrygian)\b|\b[A-H]{2,}\b/g;
    const DATES =
      /\b(Mon|Tues?|Wed(nes)?|Thu(rs)?|Fri|Sat(ur)?|Sun)(day)?\b|\b(Jan(uary)?|Feb(ruary)?|Mar(ch)?|Apr(il)?|May|June?|July?|Aug(ust)?|Sept?(ember)?|Oct(ober)?|Nov(ember)?|Dec(ember)?)\b|\bin \d+ (second|minute|hour|day|week|month|year)s?\b|\b\d+ (second|minute|hour|day|week|month|year)s?( ago)?\b|\b(today|tomorrow|yesterday|this minute|this hour|now)\b|\b\d+ ?(am|pm)\b/gi;
    const outside = (text) => {
      if (TAGS.test(text)) return "";
      let rest = written.reduce((rest, title) => rest.replaceAll(title, " "), text);
      for (let before; before !== rest; ) {
        before = rest;
        rest = rest.replace(/⟦[^⟦⟧]*⟧/g, " ");
      }
      return rest.replace(DATES, " ").replace(KEYS, " ").replace(NAMES, " ").replace(/\S+@\S+|https?:\S+/g, " ");
    };
    const wrong = [];
    const check = (text, where, element) => {
      if (/\p{L}{2}/u.test(outside(text))) wrong.push(`${where} of <${element.tagName.toLowerCase()} class="${element.getAttribute("class") ?? ""}"> ${text}`);
    };
    const skip = (element) => element.closest("script, style, noscript") || element.closest(content);
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const seen = new Map();
    while (walker.nextNode()) {
      const parent = walker.currentNode.parentElement;
      // A sentence may be parted around an element.
      const owner = parent.closest("p, li, label, h1, h2, h3, button, a, dt, dd, th, legend, option, summary, span") ?? parent;
      if (!skip(parent)) seen.set(owner, `${seen.get(owner) ?? ""}${walker.currentNode.data}`);
    }
    for (const [owner, text] of seen) check(text, "text", owner);
    for (const element of document.body.querySelectorAll("[aria-label], [title], [placeholder], [alt], [data-label]")) {
      if (skip(element)) continue;
      for (const name of ["aria-label", "title", "placeholder", "alt", "data-label"]) check(element.getAttribute(name) ?? "", name, element);
    }
    return wrong;
  });

// An example of what is typed is the same in all languages.
const EXAMPLES = /kesh, or https|^placeholder.*X:1|Title,Type,Key/;

async function translated(page, name) {
  await expect(page.locator("h1:visible, h2:visible").first()).toBeVisible();
  await expect(page.locator(".waiting")).toHaveCount(0);
  const found = (await bare(page)).filter((text) => !EXAMPLES.test(text));
  expect.soft(found, `${name}: all of it is translated`).toEqual([]);
  const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  expect.soft(over, `${name}: nothing sticks out`).toBe(0);
}

/** Every dialog that a button of the page opens. */
async function dialogs(page, name) {
  const buttons = page.locator("#page button[aria-haspopup=dialog]:visible, header button[aria-haspopup=dialog]:visible");
  for (let at = 0; at < (await buttons.count()); at += 1) {
    await buttons.nth(at).click();
    await expect(page.locator("dialog[open]")).toBeVisible();
    await translated(page, `${name}, dialog ${at + 1}`);
    await page.keyboard.press("Escape");
    await expect(page.locator("dialog[open]")).toHaveCount(0);
  }
}

test("every page in another language, on a phone", async ({ device }) => {
  test.setTimeout(240_000);
  const one = await device(plain);
  await one.signIn("test1@example.com");
  await one.synced();
  await expect(one.page.getByTestId("current-tune")).toBeVisible();
  await one.rate("good");
  await inBrackets(one);
  const visit = async (path) => {
    await one.page.goto(`${one.url}${path}`);
    await expect(one.page.locator("nav.tabs")).toBeVisible();
    await translated(one.page, path);
  };
  await visit("/");
  await expect(one.page.getByTestId("current-tune")).toBeVisible();
  await one.page.getByTestId("flashcard-reveal-toggle").click();
  await translated(one.page, "a turned card");
  await dialogs(one.page, "practice");
  await one.page.getByTestId("flashcard-mode-switch").getByRole("button").last().click();
  await expect(one.page.getByTestId("practice-list")).toBeVisible();
  await translated(one.page, "the list of practice");
  // Others count what this person has rated.
  await one.page.getByTestId("undo").click();
  await expect(one.page.getByTestId("submit-evaluations-button")).toHaveText(/\b0\b/);
  await one.synced();
  await visit("/repertoire");
  await dialogs(one.page, "repertoire");
  await one.page.locator("[aria-controls=list-filters]").click();
  await translated(one.page, "filters");
  const tune = await one.page.locator('[data-testid=tune-row] a[href^="/tune/"]').first().getAttribute("href");
  for (const path of [
    tune, "/catalog", "/analysis", "/history", "/know", "/repertoires", "/import", "/starter", "/new-tune", "/start", "/settings", "/settings/account",
    "/settings/appearance", "/settings/keyboard", "/settings/sync", "/settings/practice", "/data", "/conflicts", "/refused", "/nothing-here",
  ]) await visit(path);
  await one.page.setViewportSize({ width: 1280, height: 900 });
  for (const path of ["/", "/repertoire", "/catalog"]) await visit(path);
});

test("the way in, in another language", async ({ device }) => {
  const one = await device(plain);
  await one.started();
  await inBrackets(one);
  for (const path of ["/", "/sign-in", "/sign-up", "/forgotten", "/start"]) {
    await one.page.goto(`${one.url}${path}`);
    await expect(one.page.locator("nav.tabs")).toBeVisible();
    await translated(one.page, path);
  }
});

test("a language without a file is English, and none is offered", async ({ device }) => {
  const one = await device({ locale: "ga-IE" });
  await one.started();
  await one.page.goto(`${one.url}/settings/appearance`);
  await expect(one.page.getByRole("heading", { level: 1, name: "Appearance" })).toBeVisible();
  await expect(one.page.locator("html")).toHaveAttribute("lang", "en");
  await one.page.evaluate(() => localStorage.setItem("tunetrees.language", "xx"));
  await one.page.reload();
  await expect(one.page.getByRole("heading", { level: 1, name: "Appearance" })).toBeVisible();
});
