// What pages look like when there is nothing on them yet, and those that no other file looks at; what an address without anything says; contrast.
import { expect, test } from "../fixtures.mjs";
import { pictures, sizes } from "../look.mjs";

const still = { reducedMotion: "reduce" };

test("pages before the first tune, and pages for beginning", async ({ device }) => {
  test.setTimeout(240_000);
  const one = await device(still);
  const page = one.page;
  const open = async (path, heading, name) => {
    await page.goto(`${one.url}${path}`);
    await one.started();
    await expect(page.getByRole("heading", { level: 1, name: heading })).toBeVisible();
    await pictures(page, name);
  };
  await page.goto(`${one.url}/start`);
  // They come with the catalog.
  await expect(page.getByLabel("Uilleann Pipes")).toBeVisible({ timeout: 30_000 });
  await pictures(page, "start");
  await open("/sign-in", "Sign in", "sign-in");
  await open("/sign-up", "Create account", "sign-up");
  await open("/forgotten", "Forgotten password", "forgotten");
  await open("/nowhere", "Nothing here", "not-found");
  await open("/tune/nonsense", "Tune", "no-such-tune");
  await expect(page.getByText("There is no tune at this address.")).toBeVisible();
  await page.goto(`${one.url}/tune/0a000000-0000-7000-8000-0000000000ff`);
  await expect(page.getByRole("link", { name: "To the catalog" })).toBeVisible();
  await page.goto(`${one.url}/repertoires`);
  await expect(page.getByText("You have no repertoire yet.")).toBeVisible();
  await pictures(page, "empty-repertoires");
  await page.getByRole("link", { name: "Create a repertoire" }).click();
  await one.nameRepertoire("Flute");
  await one.go("Practice");
  await pictures(page, "empty-practice");
  await one.go("Repertoire");
  await pictures(page, "empty-repertoire");
  await open("/know", "What do I know?", "empty-know");
  await expect(page.getByText("This repertoire has no tunes yet.")).toBeVisible();
  await open("/history", "Practice history", "empty-history");
  await open("/analysis", "Analysis", "empty-analysis");
  await open("/new-tune", "New tune", "new-tune");
  await open("/starter", "Which of these do you play?", "empty-starter");
  // All of a kind at once.
  const jigs = page.getByRole("group", { name: "Jigs", exact: true });
  await jigs.getByLabel("All the jigs").check();
  await expect(page.getByText("18 tunes chosen")).toBeVisible();
  await jigs.getByLabel(/The Kesh/).uncheck();
  await expect(jigs.getByLabel("All the jigs")).not.toBeChecked();
  await page.getByRole("button", { name: "Add and practise" }).click();
  await expect(page.getByTestId("current-tune")).toBeVisible();
  // At the session: found by typing, nothing found, and all again.
  await page.goto(`${one.url}/know`);
  await expect(page.getByTestId("known")).toHaveCount(17);
  await page.getByRole("searchbox", { name: "Search the tunes you know" }).fill("banish");
  await expect(page.getByTestId("known")).toHaveCount(1);
  await page.getByRole("searchbox").fill("xyzzy");
  await page.getByRole("button", { name: "Show all tunes" }).click();
  await expect(page.getByTestId("known")).toHaveCount(17);
  // A tune's page: what goes well after it; out of the repertoire and back.
  await page.getByTestId("known").first().getByRole("button").click();
  await page.getByTestId("picked").getByRole("link").click();
  await expect(page.getByTestId("sets").getByRole("link").first()).toBeVisible();
  await page.getByRole("button", { name: "Take out of repertoire" }).click();
  await expect(page.getByRole("button", { name: "Add to repertoire" })).toBeVisible();
  await page.getByRole("button", { name: "Add to repertoire" }).click();
  await expect(page.getByRole("button", { name: "Take out of repertoire" })).toBeVisible();
  await pictures(page, "tune-sets", { fullPage: true });
});

test("the welcome is read before the app is there, and does not flash before somebody's tunes", async ({ browser, stack }) => {
  const context = await browser.newContext({ serviceWorkers: "block" });
  // The app never comes.
  await context.route(/_bg\.wasm$/, () => new Promise(() => {}));
  const page = await context.newPage();
  const welcome = page.getByRole("heading", { level: 1, name: "Keep every tune you know" });
  await page.goto(stack.url, { waitUntil: "commit" });
  await expect(welcome).toBeVisible();
  await expect(page.locator("#boot .bone").first()).toBeHidden();
  await page.goto(`${stack.url}/settings`, { waitUntil: "commit" });
  await expect(page.locator("#boot .bone").first()).toBeVisible();
  await expect(welcome).toBeHidden();
  await page.evaluate(() => localStorage.setItem("tunetrees.known", "yes"));
  await page.goto(stack.url, { waitUntil: "commit" });
  await expect(page.locator("#boot .bone").first()).toBeVisible();
  await expect(welcome).toBeHidden();
  await context.close();
});

test("everything made without an account is deleted when it is meant", async ({ device }) => {
  const one = await device(still);
  const page = one.page;
  await one.startHere("Flute");
  await one.addTunes(2);
  const known = () => page.evaluate(() => localStorage.getItem("tunetrees.known"));
  await expect.poll(known).toBe("yes");
  await one.settings("Account");
  await page.getByRole("button", { name: "Delete everything…" }).click();
  const dialog = page.getByRole("dialog", { name: "Delete everything on this device?" });
  await expect(dialog.getByRole("button", { name: "Save a copy as a file" })).toBeVisible();
  await pictures(page, "delete-everything");
  await expect(dialog.getByRole("button", { name: "Delete everything" })).toBeDisabled();
  await dialog.getByLabel(/Type the word/).fill("delete");
  await dialog.getByRole("button", { name: "Delete everything" }).click();
  await expect(page.getByText("Everything that was made on this device is deleted.")).toBeVisible();
  await expect.poll(known).toBeNull();
  await expect(page.getByRole("link", { name: "Start on this device" })).toBeVisible();
  await page.reload();
  await expect(page.getByRole("link", { name: "Start on this device" })).toBeVisible();
  await one.startHere("Fiddle");
  await one.go("Repertoire");
  await expect(page.getByTestId("tune-row")).toHaveCount(0);
});

test("high contrast on practice, repertoire and settings", async ({ device }) => {
  test.setTimeout(120_000);
  const one = await device({ viewport: sizes.phone, ...still });
  await one.signIn("test1@example.com");
  await one.synced();
  await one.settings("Appearance");
  await one.page.getByRole("group", { name: "Contrast" }).getByLabel("High").check();
  await one.go("Practice");
  await expect(one.page.getByTestId("current-tune")).toBeVisible();
  await pictures(one.page, "high-contrast-practice");
  for (const tab of ["Repertoire", "Settings"]) {
    await one.go(tab);
    if (tab === "Repertoire") await expect(one.page.getByTestId("tune-row").first()).toBeVisible();
    await pictures(one.page, `high-contrast-${tab.toLowerCase()}`);
  }
});
