// What a person sets about practice, and that it is so: what decides when a tune comes back, free days, weights, the list, buttons.
import { expect, test } from "../fixtures.mjs";
import { accessible } from "../look.mjs";
import { ready } from "../device.mjs";

const desktop = { viewport: { width: 1280, height: 800 } };

const rating = (one, name) => one.page.getByTestId(`rate-${name}`);
const saveSchedule = async (one) => {
  await one.page.getByRole("button", { name: "Save", exact: true }).click();
  await expect(one.page.getByText("The dates of all tunes go by it now").first()).toBeVisible();
};
/** So many days from today, as the page counts them. */
const dayAfter = (one, days) =>
  one.page.evaluate((days) => {
    const day = new Date(Date.now() + days * 86_400_000);
    return `${day.getFullYear()}-${String(day.getMonth() + 1).padStart(2, "0")}-${String(day.getDate()).padStart(2, "0")}`;
  }, days);

test("SM2, fuzz and how sure one wants to be are set, kept, and seen on the buttons", async ({ device }) => {
  const { one } = await ready(device, 2);
  await expect(rating(one, "easy")).toContainText("in 8 days");
  await one.settings("Practice");
  await one.page.getByLabel("How sure do you want to be? (percent)").fill("80");
  await one.page.getByLabel("Stray a little").check();
  await saveSchedule(one);
  await one.page.reload();
  await expect(one.page.getByLabel("How sure do you want to be? (percent)")).toHaveValue("80");
  await expect(one.page.getByLabel("Stray a little")).toBeChecked();
  await one.page.getByLabel("Stray a little").uncheck();
  await saveSchedule(one);
  await one.go("Practice");
  await expect(rating(one, "easy")).toContainText("next in");
  await expect(rating(one, "easy"), "less sure: later").not.toContainText("in 8 days");
  await one.settings("Practice");
  await one.page.getByRole("radio", { name: /^SM2/ }).check();
  await saveSchedule(one);
  await one.page.reload();
  await expect(one.page.getByRole("radio", { name: /^SM2/ })).toBeChecked();
  await one.go("Practice");
  for (const name of ["hard", "good", "easy"]) await expect(rating(one, name)).toContainText("tomorrow");
});

test("a repertoire goes by an algorithm of its own, and its dates are its own", async ({ device }) => {
  const { one } = await ready(device, 2);
  await expect(rating(one, "easy")).toContainText("in 8 days");
  await one.page.goto(`${one.url}/repertoires`);
  await one.page.getByRole("button", { name: "Change Flute" }).click();
  await one.page.getByLabel("What decides when a tune comes back").selectOption("SM2");
  await one.page.getByRole("button", { name: "Save" }).click();
  await expect(one.page.getByLabel("What decides when a tune comes back")).toBeHidden();
  await one.settings("Practice");
  await expect(one.page.getByTestId("own-algorithms")).toContainText("Flute goes by SM2");
  await accessible(one.page, "the settings");
  await saveSchedule(one);
  await one.go("Practice");
  await expect(rating(one, "easy"), "no setting takes it away").toContainText("tomorrow");
});

test("free weekdays and breaks are free days", async ({ device }) => {
  const { one } = await ready(device, 3);
  const today = await one.page.evaluate(() => new Date().toLocaleDateString("en", { weekday: "long" }));
  const tomorrow = await dayAfter(one, 1);
  await one.settings("Practice");
  await one.page.getByText("Weekdays that are different").click();
  await one.page.getByLabel(`${today} is free`).check();
  await one.page.getByRole("button", { name: "Add a break" }).click();
  await one.page.getByLabel("From", { exact: true }).fill(tomorrow);
  await one.page.getByRole("button", { name: "Save practice days" }).click();
  await expect(one.page.getByText("Your next queue goes by it")).toBeVisible();
  await one.go("Practice");
  await one.page.getByTestId("queue-day").click();
  await one.page.getByRole("button", { name: "Plan today anew" }).click();
  await expect(one.page.getByRole("heading", { name: "A free day" })).toBeVisible();
  await expect(one.page.getByText("This weekday is free, as you set it.")).toBeVisible();
  await one.page.getByTestId("queue-day").click();
  await one.page.getByRole("dialog").getByRole("button", { name: "Tomorrow", exact: true }).click();
  await expect(one.page.getByText("You took this day off.")).toBeVisible();
  await one.page.getByRole("button", { name: "Back to the current queue" }).click();
  await one.page.getByRole("button", { name: "Add 5 more tunes" }).click();
  await expect(one.page.getByTestId("queue-progress")).toHaveText("0 of 3 played");
});

test("weights are learned with a progress bar, and using them drops nothing that was typed", async ({ device, stack }) => {
  test.setTimeout(180_000);
  const { one: phone, email } = await ready(device, 10);
  await phone.synced();
  // Somebody who loses most tunes within ten days, and keeps them for two.
  await stack.query(
    `insert into practice_record (id, user_ref, playlist_ref, tune_ref, practiced, quality, state, "interval", due, stability, difficulty)
     select gen_random_uuid(), m.user_ref, m.playlist_ref, m.tune_ref, now() - interval '200 days' + (n / 2 * 12 + n % 2 * 2) * interval '1 day', case when n % 2 = 1 then 3 else 1 end, 2, 2,
       now(), 2, 5
     from playlist_tune m, generate_series(0, 13) n where m.user_ref = (select id from auth.users where email = $1)`,
    [email],
  );
  const one = await device(desktop);
  await one.signIn(email);
  await one.synced();
  await one.settings("Practice");
  await one.page.getByLabel("How sure do you want to be? (percent)").fill("87");
  // So few ratings are learned from in an instant: the bar is watched for from before the click.
  await one.page.evaluate(() => {
    const look = () => (window.sawLearning ||= document.querySelector(`progress[aria-label="Learning"]`) !== null);
    new MutationObserver(look).observe(document.body, { subtree: true, childList: true, attributes: true });
  });
  await one.page.getByTestId("optimise").click();
  const result = one.page.getByTestId("optimised");
  await expect(result).toContainText("Learned from", { timeout: 120_000 });
  expect(await one.page.evaluate(() => window.sawLearning), "a bar while it was learning").toBe(true);
  await expect(result).toContainText("would come back sooner");
  await one.page.getByRole("button", { name: "Use these weights" }).click();
  await expect(one.page.getByText("The dates of all tunes go by it now")).toBeVisible();
  await expect(one.page.getByLabel("How sure do you want to be? (percent)")).toHaveValue("87");
  await one.page.getByText("Weights of FSRS").click();
  const weights = one.page.getByLabel("Numbers with commas between them");
  await expect(weights).toHaveValue(/^[\d., ]{60,}$/);
  const learned = await weights.inputValue();
  await one.page.reload();
  await one.page.getByText("Weights of FSRS").click();
  await expect(weights).toHaveValue(learned);
  await expect(one.page.getByLabel("How sure do you want to be? (percent)"), "typed, and never saved").toHaveValue("90");
});

test("the list's columns and order are chosen, and are the same on another device", async ({ device }) => {
  const { one, email } = await ready(device, 4, desktop);
  await one.page.getByRole("button", { name: "List", exact: true }).click();
  const titles = (on) => on.page.getByTestId("practice-list").locator("tbody [data-column=title]").allTextContents();
  const queue = await titles(one);
  const sorted = [...queue].sort((a, b) => a.toLowerCase().localeCompare(b.toLowerCase()));
  await one.page.getByRole("columnheader", { name: "Tune" }).getByRole("button").click();
  await expect.poll(() => titles(one)).toEqual(sorted);
  await one.page.getByTestId("practice-columns-button").click();
  const sheet = one.page.getByRole("dialog", { name: "Columns and order" });
  await sheet.getByLabel("Interval").check();
  await sheet.getByLabel("Key", { exact: true }).uncheck();
  await sheet.getByRole("button", { name: "Interval earlier" }).click();
  await sheet.getByLabel("The other way round").check();
  await accessible(one.page, "columns and order");
  await sheet.getByRole("button", { name: "Done" }).click();
  await expect.poll(() => titles(one)).toEqual([...sorted].reverse());
  await one.page.getByText("Show submitted").click();
  await one.page.waitForTimeout(1_000);
  await one.synced();
  const two = await device(desktop);
  await two.signIn(email);
  // Each device begins with cards.
  await expect(two.page.getByTestId("current-tune")).toBeVisible({ timeout: 30_000 });
  await two.page.getByRole("button", { name: "List", exact: true }).click();
  await expect(two.page.getByTestId("practice-list")).toBeVisible();
  // No tune has a goal: its column waits for the first one.
  await expect(two.page.getByRole("columnheader")).toHaveText(["Why", "Tune", "How did it go?", "Type", "Last played", "Interval", "Comes next", "More"]);
  await expect.poll(() => titles(two)).toEqual([...sorted].reverse());
  await expect(two.page.getByTestId("display-submitted-switch").getByRole("switch")).toBeChecked();
});

test("buttons say what they mean, two are enough, and the screen stays on where the browser can", async ({ device }) => {
  const { one } = await ready(device, 2);
  await expect(rating(one, "again").getByText("lost it")).toBeVisible();
  await one.page.getByTestId("card-faces").click();
  await one.page.getByTestId("two-buttons").getByRole("switch").check();
  await one.page.getByRole("dialog").getByRole("button", { name: "Close" }).click();
  await expect(rating(one, "hard")).toHaveCount(0);
  await expect(one.page.getByRole("button", { name: "Lost it, next tomorrow", exact: true })).toBeVisible();
  await one.page.getByRole("button", { name: "Got it, next in 2 days", exact: true }).click();
  await expect(one.page.getByTestId("queue-progress")).toHaveText("1 of 2 played");

  await one.page.addInitScript(() => {
    window.held = [];
    const request = async () => {
      const lock = { release: async () => window.held.splice(window.held.indexOf(lock), 1) };
      window.held.push(lock);
      return lock;
    };
    Object.defineProperty(Navigator.prototype, "wakeLock", { configurable: true, get: () => ({ request }) });
  });
  await one.page.reload();
  const held = () => one.page.evaluate(() => window.held.length);
  const awake = one.page.getByTestId("stay-awake").getByRole("switch");
  await expect(rating(one, "hard"), "two buttons are kept").toHaveCount(0);
  expect(await held()).toBe(0);
  await awake.check();
  await expect.poll(held).toBe(1);
  await one.go("Repertoire");
  await expect.poll(held, "on other pages the device sleeps as it likes").toBe(0);
  await one.go("Practice");
  await expect.poll(held).toBe(1);
  await awake.uncheck();
  await expect.poll(held).toBe(0);

  await one.page.addInitScript(() => Object.defineProperty(Navigator.prototype, "wakeLock", { configurable: true, get: () => undefined }));
  await one.page.reload();
  await expect(one.page.getByTestId("current-tune")).toBeVisible();
  await expect(one.page.getByTestId("stay-awake"), "a browser without it").toHaveCount(0);
});
