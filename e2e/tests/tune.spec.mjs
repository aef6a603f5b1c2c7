// The page of a tune: notation that plays, notes, links, tags, history; and nothing hostile that gets through.
import { expect, test } from "../fixtures.mjs";
import { ready } from "../device.mjs";
import { accessible } from "../look.mjs";

const ABC = "X:1\nT:The Kesh\nR:jig\nM:6/8\nL:1/8\nK:G\n|:GAG GAB|ABA ABd|edd gdd|edB dBA:|";

test("a catalog tune in one's own version: each field can go back", async ({ device }) => {
  const phone = await device();
  await phone.startHere("Flute");
  const page = phone.page;
  await page.getByTestId("tune-row").first().getByRole("link").click();
  await phone.editTune({ Structure: "AABBCC", "Key and mode": "F Major" });
  await expect(phone.facts()).toContainText("F Major");
  await accessible(page, "own version");
  await page.getByRole("button", { name: "Use it for key and mode" }).click();
  await expect(phone.facts()).not.toContainText("F Major");
  await expect(phone.facts()).toContainText("AABBCC");
  await page.getByRole("button", { name: "Use it for structure" }).click();
  await expect(page.getByText("Your version; the catalog keeps its own.")).toHaveCount(0);
});

test("history and notes are one tap from the top, and back leads to where one came from", async ({ device }) => {
  const { one } = await ready(device, 1);
  const page = one.page;
  const title = await one.currentTitle();
  await one.rate("good");
  await one.submit();
  await one.go("Practice");
  await one.go("Repertoire");
  await page.getByTestId("tune-row").first().getByRole("link").click();
  const tab = page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Repertoire", exact: true });
  await expect(tab).toHaveAttribute("aria-current", "true");
  const jumps = page.getByRole("navigation", { name: "On this page" });
  await jumps.getByRole("button", { name: "History (1)" }).click();
  const history = page.getByRole("heading", { name: "History" });
  await expect(history).toBeInViewport();
  await expect(history).toBeFocused();
  await page.evaluate(() => window.scrollTo(0, 0));
  await jumps.getByRole("button", { name: "Notes" }).click();
  await expect(page.getByRole("heading", { name: "Notes" })).toBeInViewport();
  await accessible(page, "jumps");
  await page.getByRole("button", { name: "Back", exact: true }).click();
  await expect(one.listed(title)).toBeVisible();
  // Opened by its address there is nothing to go back to: then it is the repertoire.
  await page.getByTestId("tune-row").first().getByRole("link").click();
  await expect(jumps).toBeVisible();
  await page.reload();
  await page.getByRole("button", { name: "Back", exact: true }).click();
  await expect(one.listed(title)).toBeVisible();
});

test("notes: bold words, a list, a picture; deleted and taken back", async ({ device }) => {
  const phone = await device();
  await phone.startHere("Flute");
  await phone.createTune("The Kesh");
  const page = phone.page;
  await page.getByRole("button", { name: "Write a note" }).click();
  const note = page.getByRole("textbox", { name: "Note" });
  await note.click();
  await page.keyboard.type("Play it ");
  await page.getByRole("button", { name: "Bold" }).click();
  await page.keyboard.type("slow");
  await page.getByRole("button", { name: "Bold" }).click();
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "List" }).click();
  await page.keyboard.type("first part");
  await page.keyboard.press("Enter");
  await page.keyboard.type("second part");
  await accessible(page, "note editor");
  const red = Buffer.from("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==", "base64");
  await page.locator("input[type=file][accept='image/*']").setInputFiles({ name: "red.png", mimeType: "image/png", buffer: red });
  const shows = page.getByLabel("What does the picture show?");
  await expect(shows).toBeFocused({ timeout: 30_000 });
  await page.keyboard.type("A red dot");
  await page.keyboard.press("Enter");
  await expect(note.locator("img")).toHaveCount(1);
  await page.getByRole("button", { name: "Save note" }).click();
  const shown = page.locator(".note .note-text");
  await expect(shown.locator("strong")).toHaveText("slow");
  await expect(shown.locator(".item")).toHaveCount(2);
  await expect(shown.locator("img")).toHaveCount(1);
  await page.reload();
  await expect(shown.locator("strong")).toHaveText("slow");
  await page.getByRole("button", { name: "Delete note" }).click();
  await expect(shown).toHaveCount(0);
  await page.getByRole("button", { name: "Undo" }).click();
  await expect(shown.locator("strong")).toHaveText("slow");
});

test("what is pasted from elsewhere cannot do anything", async ({ device }) => {
  const phone = await device();
  await phone.startHere("Flute");
  const page = phone.page;
  await page.evaluate(() => {
    window.hurt = 0;
    window.alert = () => (window.hurt += 1);
  });
  await phone.createTune("<img src=x onerror=\"window.hurt=1\">");
  await page.getByRole("button", { name: "Write a note" }).click();
  const attacks = [
    "<img src=x onerror='window.hurt=1'>",
    "<svg onload='window.hurt=1'></svg>",
    "<a href='javascript:window.hurt=1'>click</a>",
    "<iframe srcdoc='<script>parent.hurt=1</script>'></iframe>",
    "<p onclick='window.hurt=1' style='position:fixed'>words that stay</p>",
  ].join("");
  await page.getByRole("textbox", { name: "Note" }).evaluate((place, html) => {
    place.focus();
    const data = new DataTransfer();
    data.setData("text/html", html);
    place.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
  }, attacks);
  await expect(page.getByRole("textbox", { name: "Note" })).toContainText("words that stay");
  expect(await page.locator(".rich-place :is(img, svg, iframe, a, [onclick], [style])").count()).toBe(0);
  await page.getByRole("button", { name: "Save note" }).click();
  await expect(page.locator(".note .note-text")).toContainText("words that stay");
  await page.getByRole("button", { name: "Whole tune in ABC" }).click();
  const hostile = `X:1\nT:<img src=x onerror=window.hurt=1>\nC:<svg onload=window.hurt=1>\nM:4/4\nK:G\n"<img src=x onerror=window.hurt=1>"GABc "^<script>window.hurt=1</script>"dedB|\nw:<img src=x onerror=window.hurt=1>\nW:<img src=x onerror=window.hurt=1>\n%%text <img src=x onerror=window.hurt=1>`;
  await page.getByLabel("Whole tune in ABC").fill(hostile);
  await page.getByRole("button", { name: "Save the ABC" }).click();
  await expect(page.locator(".note .notation")).toHaveAttribute("data-state", "drawn");
  await page.getByRole("button", { name: "Add a link" }).click();
  await page.getByLabel("Address").fill("javascript:window.hurt=1");
  await page.getByRole("button", { name: "Save link" }).click();
  await expect(page.getByText("not the address of a page on the web")).toBeVisible();
  await page.getByRole("button", { name: "Cancel" }).click();
  await page.getByLabel("New tag").fill("<img src=x onerror=window.hurt=1>");
  await page.getByRole("button", { name: "Add", exact: true }).click();
  await expect(page.locator(".tag", { hasText: "<img" })).toBeVisible();
  await page.waitForTimeout(500);
  expect(await page.evaluate(() => window.hurt)).toBe(0);
  expect(await page.locator("main :is(script, iframe, img[src=x])").count()).toBe(0);
});

test("a whole tune in ABC is drawn and played without a network", async ({ device }) => {
  const phone = await device();
  await phone.startHere("Flute");
  const id = await phone.createTune("The Kesh");
  const page = phone.page;
  await page.getByRole("button", { name: "Whole tune in ABC" }).click();
  await page.getByLabel("Whole tune in ABC").fill(ABC);
  await expect(page.locator(".notes form .notation")).toHaveAttribute("data-state", "drawn");
  await page.getByRole("button", { name: "Save the ABC" }).click();
  await expect(page.locator(".note .notation")).toHaveAttribute("data-state", "drawn");
  await phone.installed();
  await phone.context.setOffline(true);
  await page.goto(`${phone.url}/tune/${id}`);
  await expect(page.locator(".note .notation")).toHaveAttribute("data-state", "drawn");
  await page.evaluate(() => {
    window.tones = 0;
    const start = OscillatorNode.prototype.start;
    OscillatorNode.prototype.start = function (...when) {
      window.tones += 1;
      return start.apply(this, when);
    };
  });
  const play = page.locator(".note").getByTestId("play");
  await play.click();
  await expect(play).toContainText("Stop");
  // Four bars of six quavers, twice.
  expect(await page.evaluate(() => window.tones)).toBe(48);
  await play.click();
  await expect(play).toContainText("Play");
  // On a wide screen its lines are long, and not those of a phone drawn large.
  await page.setViewportSize({ width: 1280, height: 800 });
  await page.goto(`${phone.url}/tune/${id}`);
  await expect(page.locator(".note .notation")).toHaveAttribute("data-state", "drawn");
  const larger = await page.locator(".note .staff svg").first().evaluate((svg) => svg.getBoundingClientRect().width / svg.viewBox.baseVal.width);
  expect(larger).toBeLessThan(1.5);
});

test("links, tags and earlier practice, each with a way back", async ({ device }) => {
  const phone = await device();
  await phone.startHere("Flute");
  await phone.createTune("The Kesh");
  const page = phone.page;
  await page.getByRole("button", { name: "Add a link" }).click();
  await page.getByLabel("Address").fill("https://example.org/kesh.mp3");
  await expect(page.getByLabel("Kind")).toHaveValue("audio");
  await page.getByLabel("Name", { exact: true }).fill("Mary playing");
  await page.getByRole("button", { name: "Save link" }).click();
  await expect(page.getByTestId("reference").locator("audio")).toHaveCount(1);
  await page.getByRole("button", { name: /Make favourite/ }).click();
  await expect(page.getByRole("button", { name: /★ Favourite/ })).toBeVisible();
  await page.getByRole("button", { name: /Delete link/ }).click();
  await expect(page.getByTestId("reference")).toHaveCount(0);
  await page.getByRole("button", { name: "Undo" }).click();
  await expect(page.getByTestId("reference")).toHaveCount(1);
  await page.getByLabel("New tag").fill("Slow  Session");
  await page.getByRole("button", { name: "Add", exact: true }).click();
  await expect(page.locator(".tag", { hasText: "slow session" })).toBeVisible();
  for (const [day, rating] of [["2026-01-10", "Good"], ["2026-02-10", "Again"], ["2026-03-10", "Easy"]]) {
    await page.getByRole("button", { name: "Add earlier practice" }).click();
    await page.getByLabel("Day", { exact: true }).fill(day);
    await page.getByLabel(rating, { exact: true }).check();
    await page.getByRole("button", { name: "Add", exact: true }).last().click();
    await expect(page.locator("table.history")).toContainText(rating);
  }
  await expect(page.locator("svg.chart .dot")).toHaveCount(3);
  await accessible(page, "tune page");
  await page.getByRole("button", { name: "Strike out 10 Feb 2026" }).click();
  await expect(page.locator("svg.chart .dot")).toHaveCount(2);
  await page.locator(".practised").getByRole("button", { name: "Undo" }).click();
  await expect(page.locator("svg.chart .dot")).toHaveCount(3);
});
