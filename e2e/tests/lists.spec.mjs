// The lists of tunes: search, filters, order, columns, many at once; on a phone and on a desktop; ten thousand tunes.
import { expect, test } from "../fixtures.mjs";
import { accessible, picture } from "../look.mjs";
import { somebody, two } from "../device.mjs";

const desktop = { viewport: { width: 1280, height: 800 } };

const titles = (page) => page.getByTestId("tune-row").locator(".title").allTextContents();

test("a search finds what one types, however one types it", async ({ device }) => {
  const phone = await device();
  await phone.startHere("Flute");
  for (const title of ["The Banshee of Ómós", "Chief O'Neill's Favourite Polka"]) await phone.createTune(title);
  await phone.go("Catalog");
  const field = phone.page.getByRole("searchbox");
  for (const [typed, wanted] of [["omos banshee", "The Banshee of Ómós"], ["O’NEILLS fav polka", "Chief O'Neill's Favourite Polka"]]) {
    await field.fill(typed);
    await expect(phone.page.getByTestId("tune-row")).toHaveCount(1);
    await expect(phone.listed(wanted)).toBeVisible();
  }
  await field.fill("zzzz");
  await expect(phone.page.getByText("No tune matches")).toBeVisible();
  await phone.page.getByRole("button", { name: "Show all tunes" }).click();
  await expect(phone.page.getByTestId("tune-row").first()).toBeVisible();
});

test("a table is sorted by its heads, filtered, rearranged, and looks the same on the next visit and the next device", async ({ device }) => {
  const { phone, laptop, email } = await two(device);
  await phone.page.close();
  for (const title of ["Alpha", "Beta", "Gamma"]) await laptop.createTune(title);
  await laptop.editTune({ Type: "Waltz", "Key and mode": "D Major" });
  await laptop.go("Repertoire");
  const page = laptop.page;
  await expect(page.getByRole("table")).toBeVisible();
  await page.getByRole("columnheader", { name: "Title" }).getByRole("button").click();
  await expect.poll(() => titles(page)).toEqual(["Gamma", "Beta", "Alpha"]);
  await expect(page.getByRole("columnheader", { name: "Title" })).toHaveAttribute("aria-sort", "descending");
  await page.getByRole("button", { name: "Columns" }).click();
  await page.getByRole("dialog", { name: "Columns" }).getByLabel("Stability").check();
  await page.getByRole("button", { name: "Stability earlier" }).click();
  await accessible(page, "columns");
  await page.getByRole("button", { name: "Done" }).click();
  await expect(page.getByRole("columnheader", { name: "Stability" })).toBeVisible();
  await page.getByRole("button", { name: /Filter, sort/ }).click();
  await page.getByRole("group", { name: "Type" }).getByLabel(/Waltz/).check();
  await expect.poll(() => titles(page)).toEqual(["Gamma"]);
  await expect(page.getByTestId("total")).toHaveText("1 of 3 tunes");
  await accessible(page, "filters");
  await page.waitForTimeout(800);
  await laptop.synced();
  await page.reload();
  await expect.poll(() => titles(page)).toEqual(["Gamma"]);
  await expect(page.getByRole("columnheader", { name: "Stability" })).toBeVisible();
  const second = await device(desktop);
  await second.signIn(email);
  await second.go("Repertoire");
  await second.synced();
  await expect(second.page.getByTestId("total")).toHaveText("1 of 3 tunes");
  await second.page.getByRole("button", { name: /Filter, sort/ }).click();
  await second.page.getByRole("button", { name: "Clear all filters" }).click();
  await expect.poll(() => titles(second.page)).toEqual(["Gamma", "Beta", "Alpha"]);
});

test("many tunes at once: chosen, tagged, taken out, deleted, and taken back", async ({ device }) => {
  const laptop = await device(desktop);
  await laptop.startHere("Fiddle");
  const page = laptop.page;
  for (const title of ["One", "Two", "Three"]) await laptop.createTune(title);
  await laptop.go("Repertoire");
  await page.getByLabel("Select all").check();
  const bar = page.getByTestId("bulk");
  await expect(bar).toContainText("3 tunes chosen");
  await accessible(page, "bulk");
  await bar.getByRole("button", { name: "Tag…" }).click();
  await page.getByLabel("Tag", { exact: true }).fill("Friday Session");
  await page.getByRole("dialog").getByRole("button", { name: "Tag", exact: true }).click();
  await expect(bar).toContainText("3 tunes tagged");
  // Typed with two spaces, and on tunes of which one has it already: taken back, that one keeps it.
  await page.getByLabel("Select One").check();
  await page.getByRole("searchbox").fill("");
  await bar.getByRole("button", { name: "Tag…" }).click();
  await page.getByLabel("Tag", { exact: true }).fill("Slow  Air");
  await page.getByRole("dialog").getByRole("button", { name: "Tag", exact: true }).click();
  await expect(bar).toContainText("1 tune tagged");
  await page.getByLabel("Select all").check();
  await bar.getByRole("button", { name: "Tag…" }).click();
  await page.getByLabel("Tag", { exact: true }).fill(" slow   AIR ");
  await page.getByRole("dialog").getByRole("button", { name: "Tag", exact: true }).click();
  await expect(bar).toContainText("2 tunes tagged; 1 had this tag already");
  await page.getByRole("searchbox").fill("slow air");
  await expect(page.getByTestId("tune-row")).toHaveCount(3);
  await bar.getByRole("button", { name: "Undo" }).click();
  await expect(bar).toContainText("Taken back");
  await expect.poll(() => titles(page)).toEqual(["One"]);
  await page.getByRole("searchbox").fill("friday");
  await expect(page.getByTestId("tune-row")).toHaveCount(3);
  await page.getByRole("searchbox").fill("");
  await page.getByLabel("Select One").check();
  await bar.getByRole("button", { name: "Take out" }).click();
  await expect(page.getByTestId("tune-row")).toHaveCount(2);
  await bar.getByRole("button", { name: "Undo" }).click();
  await expect(page.getByTestId("tune-row")).toHaveCount(3);
  await page.getByLabel("Select Two").check();
  await page.getByLabel("Select Three").check();
  await bar.getByRole("button", { name: "Delete" }).click();
  await expect(page.getByTestId("tune-row")).toHaveCount(1);
  await bar.getByRole("button", { name: "Undo" }).click();
  await expect(page.getByTestId("tune-row")).toHaveCount(3);
  await laptop.go("Catalog");
  await page.getByRole("searchbox").fill("Two");
  await page.getByLabel("Select Two").check();
  await bar.getByRole("button", { name: "Add to review" }).click();
  await expect(bar).toContainText("wished for the next practice");
  await bar.getByRole("button", { name: "Undo" }).click();
  await expect(bar).toContainText("Taken back");
});

test("many tunes at once: a goal, put aside, saved as a file, and back", async ({ device }) => {
  const laptop = await device(desktop);
  await laptop.startHere("Fiddle");
  const page = laptop.page;
  for (const title of ["One", "Two"]) await laptop.createTune(title);
  await laptop.go("Repertoire");
  const bar = page.getByTestId("bulk");
  const more = async () => {
    await page.getByLabel("Select all").check();
    await bar.getByRole("button", { name: "More…" }).click();
  };
  await more();
  await accessible(page, "bulk, more");
  const saved = page.waitForEvent("download");
  await page.getByRole("button", { name: "Save as ABC notation" }).click();
  expect((await saved).suggestedFilename()).toMatch(/^tunetrees-tunes-.*\.abc$/);
  await page.getByLabel("What do you practise them for?").selectOption({ label: "Ready for a session" });
  await page.getByRole("button", { name: "Set goal" }).click();
  await expect(bar).toContainText("Goal of 2 tunes: Ready for a session");
  await more();
  await page.getByRole("dialog").getByRole("button", { name: "Put aside" }).click();
  await expect(bar).toContainText("2 tunes put aside until further notice");
  await laptop.go("Practice");
  await expect(page.getByTestId("current-tune")).toHaveCount(0);
  await laptop.go("Repertoire");
  await more();
  await page.getByRole("dialog").getByRole("button", { name: "Put aside" }).click();
  await bar.getByRole("button", { name: "Undo" }).click();
  await expect(bar).toContainText("Taken back");
});

test("one tune is taken out of the repertoire without a question, and taken back", async ({ device }) => {
  const phone = await device();
  await phone.startHere("Fiddle");
  await phone.addTunes(2);
  await phone.go("Repertoire");
  const page = phone.page;
  const before = await titles(page);
  const bar = page.getByTestId("bulk");
  const remove = () => page.getByRole("button", { name: `Take ${before[0]} out of your repertoire`, exact: true }).click();
  await remove();
  await expect(bar).toContainText(`${before[0]} taken out; the history stays`);
  await expect(page.getByTestId("tune-row")).toHaveCount(1);
  await bar.getByRole("button", { name: "Undo" }).click();
  await expect(bar).toContainText("Taken back");
  await expect.poll(() => titles(page)).toEqual(before);
  // The last one gone, the advice for an empty repertoire is not beneath the bar.
  for (const left of [1, 0]) {
    await page.getByRole("button", { name: /^Take .* out of your repertoire$/ }).first().click();
    await expect(page.getByTestId("tune-row")).toHaveCount(left);
  }
  await expect(bar.getByRole("button", { name: "Undo" })).toBeVisible();
  const way = await page.getByRole("link", { name: "New tune", exact: true }).boundingBox();
  expect(way.y + way.height).toBeLessThanOrEqual((await bar.boundingBox()).y);
  await accessible(page, "the last one taken out");
});

test("on a phone the filters say how many tunes they leave, and lead to them", async ({ device }) => {
  const phone = await device();
  await phone.startHere("Fiddle");
  const page = phone.page;
  await page.getByRole("button", { name: "Filter, sort" }).click();
  const type = page.getByRole("group", { name: "Type" }).getByLabel(/^Reel/);
  await type.check();
  const show = page.getByRole("button", { name: /^Show \d.* tunes?$/ });
  const total = page.getByTestId("total");
  await expect(total).toContainText(" of ");
  await expect(show).toBeInViewport();
  await expect.poll(async () => (await show.textContent()).replace("Show ", "")).toBe(`${(await total.textContent()).split(" of ")[0]} tunes`);
  await accessible(page, "filters on a phone");
  await show.click();
  await expect(type).toBeHidden();
  await expect(page.getByTestId("tune-row").first()).toBeInViewport();
});

test("on a phone tunes are chosen after Select, and cards show what one wants", async ({ device }) => {
  const phone = await device();
  await phone.startHere("Whistle");
  await phone.addTunes(2);
  await phone.go("Repertoire");
  await expect(phone.page.getByRole("table")).toHaveCount(0);
  await phone.page.getByRole("button", { name: "Select", exact: true }).click();
  await phone.page.getByTestId("tune-row").first().getByRole("checkbox").check();
  await expect(phone.page.getByTestId("bulk")).toContainText("1 tune chosen");
  await accessible(phone.page, "phone bulk");
  await phone.page.getByRole("button", { name: "Select all" }).click();
  await expect(phone.page.getByTestId("bulk")).toContainText("2 tunes chosen");
  await picture(phone.page, "bulk-phone-light");
  await phone.page.getByTestId("tune-row").first().getByRole("checkbox").uncheck();
  await phone.page.getByTestId("bulk").getByRole("button", { name: "Take out" }).click();
  await expect(phone.page.getByTestId("tune-row")).toHaveCount(1);
});

test("repertoires: several, chosen in the top bar, renamed, deleted and taken back", async ({ device }) => {
  const phone = await device();
  await phone.startHere("Fiddle");
  await phone.addTunes(2);
  const page = phone.page;
  await page.locator(".repertoire-menu select").selectOption({ label: "New repertoire…" });
  await phone.nameRepertoire("Dances");
  await page.locator(".repertoire-menu select").selectOption({ label: "Manage repertoires…" });
  const dances = page.getByTestId("repertoire").filter({ hasText: "Dances" });
  await expect(page.getByTestId("repertoire")).toHaveCount(2);
  await dances.getByRole("button", { name: "Change" }).click();
  await accessible(page, "repertoires");
  await page.getByLabel("Name", { exact: true }).fill("Céilís");
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await expect(page.getByRole("heading", { name: "Céilís" })).toBeVisible();
  await page.getByTestId("repertoire").filter({ hasText: "Fiddle" }).getByRole("button", { name: /Play this one/ }).click();
  await expect(page.locator(".repertoire-menu select").locator("option:checked")).toHaveText("Fiddle");
  await page.getByRole("button", { name: /Delete Fiddle/ }).click();
  await expect(page.getByTestId("repertoire")).toHaveCount(1);
  await page.getByRole("button", { name: "Undo" }).click();
  await expect(page.getByTestId("repertoire").filter({ hasText: "Fiddle" })).toContainText("2 tunes");
});

test("ten thousand tunes: only what is seen is in the document, scrolled or searched", async ({ device, stack }) => {
  test.setTimeout(300_000);
  await stack.query(
    `insert into tune (id, title, type, mode, incipit, last_modified_at)
     select gen_random_uuid(), 'Endless Tune Number ' || n, case when n % 2 = 0 then 'Reel' else 'JigD' end, 'D Major', '|:DFA dfa|', now()
     from generate_series(1, 10000) n`,
    [],
  );
  try {
    const laptop = await device(desktop);
    await laptop.signUp(somebody());
    await laptop.firstRepertoire("Everything");
    const page = laptop.page;
    await expect.poll(async () => Number((await page.getByTestId("total").textContent()).replace(/\D/g, "")), { timeout: 120_000 }).toBeGreaterThan(10_000);
    await laptop.synced();
    expect(await page.getByTestId("tune-row").count()).toBeLessThan(80);
    // One long scroll. How long its frames take, and a keystroke, is measured by bench-lists.mjs.
    await page.evaluate(async () => {
      for (let n = 0; n < 60; n += 1) {
        window.scrollBy(0, 240);
        await new Promise(requestAnimationFrame);
      }
    });
    // The rows under the eye are there when the scroll has ended.
    await page.evaluate(() => window.scrollTo(0, document.body.scrollHeight / 2));
    await expect.poll(() => page.getByTestId("tune-row").count()).toBeGreaterThan(10);
    expect(await page.getByTestId("tune-row").count()).toBeLessThan(80);
    await page.evaluate(() => window.scrollTo(0, 0));
    await page.locator("input[type=search]").fill("endless 421");
    await expect(page.getByTestId("tune-row").first()).toContainText("Endless Tune Number 421");
  } finally {
    await stack.query(`delete from tune where title like 'Endless Tune Number %'`, []);
  }
});
