// Tunes from elsewhere, the starter list, and what one knows at a session.
import { expect, test } from "../fixtures.mjs";
import { accessible } from "../look.mjs";

/** thesession.org, as far as it matters here: its real addresses and the form of its real answers. */
const session = {
  "/tunes/search": {
    q: "humours", format: "json", pages: 1, page: 1, total: 1,
    tunes: [{ id: 9999, name: "Humours Of Nowhere, The", url: "https://thesession.org/tunes/9999", member: { id: 1, name: "a", url: "" }, date: "2020-01-01 00:00:00", type: "jig" }],
  },
  "/tunes/9999": {
    format: "json", id: 9999, name: "Humours Of Nowhere, The", url: "https://thesession.org/tunes/9999", member: { id: 1, name: "a", url: "" }, date: "2020-01-01 00:00:00",
    type: "jig", tunebooks: 3, recordings: 0, aliases: ["Nobody's Fancy"], comments: [],
    settings: [
      { id: 1, url: "", key: "Gmajor", abc: "|:G3 GAB|A3 ABd|edd gdd|edB dBA:|!\r\n|:B2B d2d|ege dBA|B2B dBG|ABA AGA:|", member: {}, date: "" },
      { id: 2, url: "", key: "Dmajor", abc: "|:D3 DEF|E3 EFA|BAA dAA|BAF AFE:|", member: {}, date: "" },
    ],
  },
};
const standIn = async (context) => {
  const asked = [];
  await context.route("https://thesession.org/**", async (route) => {
    const url = new URL(route.request().url());
    asked.push(url.pathname + url.search);
    const answer = session[url.pathname];
    await route.fulfill(
      answer && url.searchParams.get("format") === "json"
        ? { status: 200, contentType: "application/json; charset=utf-8", headers: { "Access-Control-Allow-Origin": "*" }, body: JSON.stringify(answer) }
        : { status: 404, contentType: "text/html", headers: { "Access-Control-Allow-Origin": "*" }, body: "not here" },
    );
  });
  return asked;
};

test("ABC is pasted, looked at, brought in, found by its other name, and taken back", async ({ device }) => {
  const phone = await device();
  await phone.startHere("Flute");
  const page = phone.page;
  await page.getByRole("link", { name: "Import" }).first().click();
  await page.getByLabel("Or paste ABC").fill("X:1\nT:Nowhere Jig, The\nT:Other Name\nR:jig\nM:6/8\nK:G\n|:GAG GAB|ABA ABd:|\n\nX:2\nT:Second One\nR:reel\nK:D\n|:DFAF DFAF|GBdB GBdB:|\n");
  await page.getByRole("button", { name: "Look at it" }).click();
  await expect(page.getByTestId("offer")).toHaveCount(2);
  await expect(page.getByTestId("offer").first()).toContainText("The Nowhere Jig");
  await accessible(page, "offers");
  await page.getByRole("button", { name: "Bring in 2 tunes" }).click();
  await expect(page.getByText("2 tunes brought in.")).toBeVisible();
  await page.getByRole("link", { name: "To the repertoire" }).click();
  await page.getByRole("searchbox").fill("other name");
  await expect(phone.listed("The Nowhere Jig")).toBeVisible();
  await phone.go("Catalog");
  await page.getByRole("link", { name: "Import" }).first().click();
  await page.getByLabel("Or paste ABC").fill("X:1\nT:The Nowhere Jig\nR:jig\nK:G\n|:GAG GAB|ABA ABd:|\n\nX:3\nT:Third\nK:D\nDFAF|dfaf|");
  await page.getByRole("button", { name: "Look at it" }).click();
  await expect(page.getByText("In your repertoire: The Nowhere Jig")).toBeVisible();
  await page.getByRole("button", { name: "Bring in 1 tune" }).click();
  await page.getByRole("button", { name: "Undo" }).click();
  await phone.go("Repertoire");
  await expect(page.getByTestId("tune-row")).toHaveCount(2);
});

test("a table is mapped and comes in", async ({ device }) => {
  const phone = await device();
  await phone.startHere("Flute");
  const page = phone.page;
  await page.getByRole("link", { name: "Import" }).first().click();
  await page.getByLabel("Table (CSV)").check();
  const file = { name: "tunes.csv", mimeType: "text/csv", buffer: Buffer.from("Melodie;Rhythm;Tonart\nNowhere Waltz;waltz;G\n;reel;D\n") };
  await page.getByLabel("File").setInputFiles(file);
  await expect(page.getByTestId("offer")).toHaveCount(1);
  await expect(page.getByText("Line 3 has no title.")).toBeVisible();
  await page.getByLabel("Tonart").selectOption("Key");
  await expect(page.getByTestId("offer")).toContainText("Waltz · G Major");
  await accessible(page, "mapping");
  await page.getByRole("button", { name: "Bring in 1 tune" }).click();
  await expect(page.getByText("1 tune brought in.")).toBeVisible();
});

test("a table that was pasted as ABC is taken for a table", async ({ device }) => {
  const phone = await device();
  await phone.startHere("Flute");
  const page = phone.page;
  await page.getByRole("link", { name: "Import" }).first().click();
  await page.getByLabel("Or paste ABC").fill("Title,Type,Key\nNowhere Jig,jig,G\nSomewhere Reel,reel,D\n");
  await page.getByRole("button", { name: "Look at it" }).click();
  await expect(page.getByLabel("Table (CSV)")).toBeChecked();
  await expect(page.getByText("What the columns mean")).toBeVisible();
  await expect(page.getByLabel("Or paste a table")).toHaveValue(/^Title,Type,Key/);
  await expect(page.getByTestId("offer")).toHaveCount(2);
  await accessible(page, "a table pasted as ABC");
  await page.getByRole("button", { name: "Bring in 2 tunes" }).click();
  await expect(page.getByText("2 tunes brought in.")).toBeVisible();
});

test("a file or an address that another app shares lands on the import page, once", async ({ device }) => {
  let asked;
  const phone = await device({ prepare: async (context) => (asked = await standIn(context)) });
  await phone.startHere("Flute");
  await phone.installed();
  const page = phone.page;
  await page.reload();
  await phone.started();
  // As the system does it: a form that is sent to the address in the manifest.
  const target = await page.evaluate(async () => (await (await fetch(document.querySelector("link[rel=manifest]").href)).json()).share_target);
  const share = async (said, files = []) => {
    await page.evaluate(({ target, said }) => {
      const form = document.createElement("form");
      form.id = "share";
      Object.assign(form, { method: target.method, action: target.action, enctype: target.enctype });
      for (const [name, value] of Object.entries(said)) form.append(Object.assign(document.createElement("textarea"), { name: target.params[name], value }));
      form.append(Object.assign(document.createElement("input"), { name: target.params.files[0].name, type: "file", multiple: true }));
      document.body.append(form);
    }, { target, said });
    await page.locator("#share input[type=file]").setInputFiles(files);
    await page.evaluate(() => document.getElementById("share").submit());
    await page.waitForURL(/\/import\?/);
  };
  const abc = "X:1\nT:Shared Jig\nR:jig\nM:6/8\nK:G\n|:GAG GAB|ABA ABd:|\n";
  await share({ title: "shared.abc" }, [{ name: "shared.abc", mimeType: "text/vnd.abc", buffer: Buffer.from(abc) }]);
  await expect(page.getByTestId("offer")).toContainText("Shared Jig");
  await expect(page.getByLabel("Or paste ABC")).toHaveValue(/T:Shared Jig/);
  await page.reload();
  await expect(page.getByRole("heading", { level: 1, name: "Import tunes" })).toBeVisible();
  await expect(page.getByTestId("offer")).toHaveCount(0);
  await share({ text: "X:1\nT:Written Jig\nK:G\n|:GAG GAB|ABA ABd:|" });
  await expect(page.getByTestId("offer")).toContainText("Written Jig");
  await share({ title: "The Humours Of Nowhere (jig)", text: "https://thesession.org/tunes/9999" });
  await expect(page.getByTestId("offer").first()).toContainText("The Humours Of Nowhere");
  expect(asked.some((path) => path.startsWith("/tunes/9999?"))).toBe(true);
});

test("an ABC file that is opened with the app lands on the import page", async ({ device }) => {
  // Chromium hands files over in a queue; here one stands in for it.
  const phone = await device({
    prepare: (context) =>
      context.addInitScript(() => {
        const file = new File(["X:1\nT:Opened Jig\nK:G\n|:GAG GAB|ABA ABd:|\n"], "opened.abc");
        const queue = { setConsumer: (take) => setTimeout(() => take({ files: [{ getFile: async () => file }] })) };
        Object.defineProperty(window, "launchQueue", { value: queue });
      }),
  });
  await phone.startHere("Flute");
  await phone.page.getByRole("link", { name: "Import" }).first().click();
  await expect(phone.page.getByTestId("offer")).toContainText("Opened Jig");
});

test("The Session is searched, a setting chosen; without a network it says so", async ({ device }) => {
  let asked;
  const phone = await device({ prepare: async (context) => (asked = await standIn(context)) });
  await phone.startHere("Flute");
  const page = phone.page;
  await page.getByRole("link", { name: "Import" }).first().click();
  await page.getByLabel("The Session").check();
  await page.getByLabel("Title, or address of a tune").fill("humours");
  await page.getByRole("button", { name: "Search" }).click();
  await page.getByRole("button", { name: /The Humours Of Nowhere/ }).click();
  await expect(page.getByTestId("offer")).toHaveCount(2);
  await page.getByRole("button", { name: "Bring in 1 tune" }).click();
  await expect(page.getByText("1 tune brought in.")).toBeVisible();
  expect(asked.some((path) => path.startsWith("/tunes/search?q=humours&format=json"))).toBe(true);
  await page.getByLabel("Title, or address of a tune").fill("https://thesession.org/tunes/9999#setting2");
  await page.getByRole("button", { name: "Search" }).click();
  await expect(page.getByText(/In your repertoire: The Humours Of Nowhere/).first()).toBeVisible();
  await page.getByLabel("Title, or address of a tune").fill("https://thesession.org/tunes/1");
  await page.getByRole("button", { name: "Search" }).click();
  await expect(page.getByText("The Session could not be reached")).toBeVisible();
  await phone.context.unroute("https://thesession.org/**");
  await phone.context.setOffline(true);
  await page.getByLabel("Title, or address of a tune").fill("kesh");
  await page.getByRole("button", { name: "Search" }).click();
  await expect(page.getByText("ABC and tables come in without a connection")).toBeVisible();
});

test("from the first screen to the first rated tune without a catalog, in well under two minutes", async ({ device }) => {
  // No server at all: the start is on this device, and nothing arrives.
  const phone = await device({ prepare: (context) => context.route("**/config.json", (route) => route.fulfill({ status: 404, body: "" })), serviceWorkers: "block" });
  const page = phone.page;
  const started = Date.now();
  await phone.startHere("Fiddle");
  await page.getByRole("link", { name: "Choose well-known tunes" }).click();
  await accessible(page, "starter");
  for (const title of ["The Kesh", "Morrison's", "The Silver Spear", "The Butterfly", "Drowsy Maggie"]) await page.getByLabel(new RegExp(`^${title}`)).check();
  await page.getByRole("button", { name: "Add and practise" }).click();
  await phone.rate("good");
  const took = Date.now() - started;
  console.log(`from the first screen to the first rated tune: ${(took / 1000).toFixed(1)} s of a machine's clicking`);
  expect(took).toBeLessThan(120_000);
});

test("what do I know: large type, by type and key, one picked, and what goes well after it", async ({ device }) => {
  const phone = await device();
  await phone.startHere("Fiddle");
  const page = phone.page;
  await page.getByRole("link", { name: "Choose from well-known Irish tunes" }).click();
  for (const title of ["The Kesh", "Morrison's", "The Blarney Pilgrim", "The Silver Spear"]) await page.getByLabel(new RegExp(`^${title}`)).check();
  await page.getByRole("button", { name: "Add and practise" }).click();
  await expect(page.getByTestId("current-tune")).toBeVisible();
  await phone.go("Repertoire");
  await page.getByRole("link", { name: "What do I know?" }).click();
  await expect(page.getByTestId("known")).toHaveCount(4);
  // Back is where one came from, and the tab says where one is.
  await expect(page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Repertoire" })).toHaveAttribute("aria-current", "true");
  await page.getByRole("link", { name: "Back to Repertoire" }).click();
  await expect(page.getByTestId("tune-row")).toHaveCount(4);
  await page.getByRole("link", { name: "What do I know?" }).click();
  // On a phone the tunes come first.
  await expect(page.getByRole("group", { name: "Type" })).toBeHidden();
  await page.getByText("Type, key, tag").click();
  await page.getByRole("group", { name: "Type" }).getByLabel("Jig").check();
  await expect(page.getByText("Only Jig")).toBeVisible();
  await expect(page.getByTestId("known")).toHaveCount(3);
  await page.getByRole("button", { name: "Pick one for me" }).click();
  await expect(page.getByTestId("picked").getByRole("heading")).toBeVisible();
  await expect(page.getByRole("heading", { name: "Goes well after it" })).toBeVisible();
  await accessible(page, "know");
});

test("of many tunes one knows, lines come as one scrolls", async ({ device }) => {
  const phone = await device();
  await phone.signIn("test1@example.com");
  await phone.synced();
  const page = phone.page;
  await page.goto(`${phone.url}/know`);
  const known = page.getByTestId("known");
  await expect(known.first()).toBeInViewport();
  await expect(known).toHaveCount(60);
  await page.getByRole("checkbox", { name: "First bars" }).check();
  await expect(page.getByTestId("notation").first()).toHaveAttribute("data-state", "drawn");
  await page.getByRole("checkbox", { name: "First bars" }).uncheck();
  await expect(page.getByTestId("notation")).toHaveCount(0);
  await known.last().scrollIntoViewIfNeeded();
  await expect.poll(() => known.count()).toBeGreaterThan(60);
  const scrolled = async () => {
    await known.last().scrollIntoViewIfNeeded();
    return `${await known.count()} tunes`;
  };
  await expect.poll(scrolled).toBe(await page.getByTestId("total").textContent());
});
