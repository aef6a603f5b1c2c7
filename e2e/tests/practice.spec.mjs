// A day of practice, by what a person does: cards and list over the same evaluations, keys, putting aside, days, settings.
import { expect, test } from "../fixtures.mjs";
import { accessible } from "../look.mjs";
import { ready } from "../device.mjs";

const desktop = { viewport: { width: 1280, height: 800 } };

const list = (one) => one.page.getByRole("button", { name: "List", exact: true }).click();
const cards = (one) => one.page.getByRole("button", { name: "Cards", exact: true }).click();
const evaluation = (one, title) => one.page.getByLabel(`How did ${title} go?`);
/** Goes on with Tab, as somebody without a mouse does, until `target` has the focus. */
const tabTo = async (one, target) => {
  for (let n = 0; n < 60; n += 1) {
    if (await target.evaluate((element) => element === document.activeElement)) return;
    await one.page.keyboard.press("Tab");
  }
  throw new Error(`Tab does not lead to ${target}`);
};
const undoWords = (one) => one.page.locator(".undo-line p");

test("what is rated on the cards is staged in the list, submitted, shown and taken back to the beginning", async ({ device, stack }) => {
  const { one, email } = await ready(device, 3, desktop);
  const records = async () => (await stack.query("select count(*)::int as n from practice_record r join auth.users u on u.id = r.user_ref where u.email = $1 and not r.deleted", [email]))[0].n;
  const first = await one.rate("good");
  const second = await one.rate("hard");
  await list(one);
  await expect(evaluation(one, first)).toHaveValue("good");
  await expect(evaluation(one, second)).toHaveValue("hard");
  await one.synced();
  expect(await records(), "chosen, not submitted").toBe(0);

  // Changed and cleared in the list; the dates follow.
  await evaluation(one, first).selectOption("easy");
  const row = one.page.getByTestId("practice-list").getByRole("row").filter({ hasText: first });
  await expect(row).toContainText("in 8 days");
  await evaluation(one, second).selectOption("");
  await expect(one.page.getByTestId("submit-evaluations-button")).toHaveText(/Submit 1/);
  await expect(undoWords(one)).toContainText("no longer Hard");
  await one.page.getByTestId("undo").click();
  await expect(evaluation(one, second)).toHaveValue("hard");
  await evaluation(one, second).selectOption("");
  await expect(one.page.getByTestId("submit-evaluations-button")).toHaveText(/Submit 1/);
  await one.submit();
  await expect(row).toBeHidden();
  await one.page.getByText("Show submitted").click();
  await expect(evaluation(one, first)).toHaveValue("easy");
  await expect(evaluation(one, first)).toBeDisabled();
  await one.synced();
  expect(await records()).toBe(1);

  // The rest on the cards; the end; and back through everything, after a reload, too.
  await cards(one);
  await one.rate("again");
  await one.rate("good");
  const end = one.page.getByTestId("all-caught-up");
  await expect(end).toBeVisible();
  await end.getByRole("button", { name: "Submit 2 ratings" }).click();
  await expect(end).toContainText("See you tomorrow");
  await one.page.reload();
  await expect(end).toBeVisible();
  for (const rating of ["Good", "Again", "Easy"]) {
    await expect(undoWords(one)).toContainText(rating);
    await one.page.getByTestId("undo").click();
    await expect(undoWords(one)).not.toContainText(rating);
  }
  await expect(one.page.getByTestId("queue-progress")).toHaveText("0 of 3 played");
  await one.synced();
  expect(await records()).toBe(0);
});

test("a whole session with the keyboard only, and single keys can be switched off", async ({ device }) => {
  const { one } = await ready(device, 3, desktop);
  const { keyboard } = one.page;
  const counter = one.page.getByTestId("flashcard-counter");
  await expect(one.page.getByTestId("notation")).toBeHidden();
  await keyboard.press("Space");
  await expect(one.page.getByTestId("notation")).toBeVisible();
  await keyboard.press("Space");
  await expect(one.page.getByTestId("notation")).toBeHidden();
  await keyboard.press("ArrowRight");
  await expect(counter).toHaveText("2 of 3");
  await keyboard.press("ArrowLeft");
  await expect(counter).toHaveText("1 of 3");
  await keyboard.press("ArrowLeft");
  await expect(counter).toHaveText("1 of 3");
  await keyboard.press("?");
  const sheet = one.page.getByRole("dialog", { name: "Keys" });
  await expect(sheet).toBeVisible();
  await keyboard.press("3");
  await keyboard.press("Escape");
  await expect(sheet).toBeHidden();
  await expect(one.page.getByTestId("queue-progress")).toHaveText("0 of 3 played");
  for (const [key, n] of [["3", 1], ["1", 2], ["4", 3]]) {
    await keyboard.press(key);
    await expect(one.page.getByTestId("queue-progress")).toHaveText(`${n} of 3 played`);
  }
  await keyboard.press("u");
  await expect(one.page.getByTestId("queue-progress")).toHaveText("2 of 3 played");
  await accessible(one.page, "a card");
  // The menu of a tune, and back where one was.
  await tabTo(one, one.page.getByTestId("tune-menu"));
  await keyboard.press("Enter");
  const goal = one.page.getByLabel("What do you practise it for?");
  await tabTo(one, goal);
  await keyboard.press("F");
  await expect(goal).toHaveValue("fluency");
  await accessible(one.page, "the menu");
  await keyboard.press("Escape");
  await expect(one.page.getByTestId("goal-badge")).toHaveText("Fluency");
  await expect(one.page.getByTestId("tune-menu")).toBeFocused();
  await keyboard.press("2");
  await expect(one.page.getByTestId("queue-progress")).toHaveText("3 of 3 played");
  await accessible(one.page, "the end");
  // One is changed in the list.
  await tabTo(one, one.page.getByRole("button", { name: "List", exact: true }));
  await keyboard.press("Enter");
  const choice = one.page.getByLabel(/^How did .* go\?$/).first();
  await tabTo(one, choice);
  await keyboard.press("E");
  await expect(choice).toHaveValue("easy");
  await expect(choice).toBeFocused();
  await accessible(one.page, "the list");
  await tabTo(one, one.page.getByRole("button", { name: "Cards", exact: true }));
  await keyboard.press("Enter");
  // The tune that was changed lies on the stand.
  await tabTo(one, one.page.getByRole("button", { name: "Go on with the next tune" }));
  await keyboard.press("Enter");
  await tabTo(one, one.page.getByTestId("all-caught-up").getByRole("button", { name: "Submit 3 ratings" }));
  await keyboard.press("Enter");
  await expect(one.page.getByTestId("all-caught-up")).toContainText("See you tomorrow");

  await keyboard.press("?");
  await sheet.getByLabel("Single keys do this").uncheck();
  await keyboard.press("Escape");
  // What was done last is what was changed in the list. U does nothing any more; the button takes back that one and no other.
  await keyboard.press("u");
  await expect(undoWords(one)).toContainText("Easy");
  await tabTo(one, one.page.getByTestId("undo"));
  await keyboard.press("Enter");
  await expect(undoWords(one)).toContainText("Hard");
});

test("what is read aloud says what happens: intervals in full, what is chosen and not submitted", async ({ device }) => {
  const { one } = await ready(device, 2);
  const ratings = one.page.getByRole("group", { name: "How did it go?" }).getByRole("button");
  await expect(ratings).toHaveText([/^Again, next tomorrow/, /^Hard, next tomorrow/, /^Good, next in 2 days/, /^Easy, next in 8 days/]);
  await expect(one.page.getByRole("button", { name: "Good, next in 2 days", exact: true })).toBeVisible();
  const title = await one.rate("good");
  await expect(one.page.getByRole("button", { name: title }).and(one.page.getByRole("button", { name: /Good ?, not submitted yet$/ }))).toBeVisible();
  await expect(one.page.getByRole("button", { name: "Submit 1 rating", exact: true })).toBeVisible();
});

test("what a card shows is chosen on each device", async ({ device }) => {
  const { one } = await ready(device, 1);
  const card = one.page.getByTestId("current-tune");
  const turn = one.page.getByTestId("flashcard-reveal-toggle");
  await expect(card.locator(".facts-line")).toContainText(/·/);
  await expect(card.getByTestId("notation")).toBeHidden();
  await one.page.getByTestId("card-faces").click();
  const sheet = one.page.getByRole("dialog", { name: "What cards show" });
  await accessible(one.page, "the choice");
  await sheet.getByLabel("First bars").selectOption("Always");
  await sheet.getByLabel("Type").selectOption("When turned");
  await sheet.getByLabel("Key").selectOption("When turned");
  await sheet.getByLabel("Structure").selectOption("Never");
  await sheet.getByRole("button", { name: "Close" }).click();
  await expect(card.getByTestId("notation")).toBeVisible();
  await expect(card.locator(".facts-line")).toBeEmpty();
  await turn.click();
  await expect(card.locator(".facts-line")).not.toBeEmpty();
  await one.page.reload();
  await expect(card.getByTestId("notation")).toBeVisible();
  await expect(card.locator(".facts-line")).toBeEmpty();
});

test("on its page a tune is put aside, found among those put aside, and brought back; it gets a goal of one's own", async ({ device }) => {
  const { one } = await ready(device, 2);
  const title = await one.currentTitle();
  await one.page.getByTestId("current-tune").getByRole("heading").getByRole("link").click();
  const plan = one.page.getByTestId("plan");
  await plan.getByLabel("What do you practise it for?").selectOption({ label: "A goal of your own…" });
  await plan.getByLabel("Its name").fill("Gig");
  await plan.getByLabel("Again after so many days").fill("4, 2");
  await plan.getByRole("button", { name: "Set the goal" }).click();
  await expect(plan.getByRole("alert")).toContainText("from the shortest to the longest");
  await plan.getByLabel("Again after so many days").fill("2, 4, 9");
  await plan.getByRole("button", { name: "Set the goal" }).click();
  await expect(plan.getByText("It comes after 2, 4 and 9 days")).toBeVisible();
  await plan.getByLabel("Learned on").fill("2024-05-01");
  await plan.getByRole("button", { name: "Save", exact: true }).click();
  await expect(one.page.getByText("Saved", { exact: true })).toBeVisible();
  await one.page.reload();
  await expect(plan.getByLabel("Learned on")).toHaveValue("2024-05-01");
  await expect(plan.getByLabel("What do you practise it for?")).toHaveValue("Gig [2, 4, 9]");
  await one.go("Practice");
  await expect(one.page.getByTestId("goal-badge")).toHaveText("Gig");
  await expect(one.page.getByTestId("rate-good")).toContainText("in 4 days");

  await one.page.getByTestId("current-tune").getByRole("heading").getByRole("link").click();
  await plan.getByRole("button", { name: "Put it aside until further notice" }).click();
  await expect(plan.getByText("It is put aside until further notice.")).toBeVisible();
  await accessible(one.page, "the plan");
  await one.go("Practice");
  await expect(one.page.getByTestId("queue-progress")).toHaveText("0 of 1 played");
  await one.go("Repertoire");
  await expect(one.listed(title)).toContainText("put aside");
  await one.page.getByRole("button", { name: /^Filter/ }).click();
  await one.page.getByLabel("Put aside").check();
  await expect(one.page.getByTestId("tune-row")).toHaveCount(1);
  await one.listed(title).getByRole("link").click();
  await plan.getByRole("button", { name: "Bring it back" }).click();
  await expect(plan.getByText("put aside", { exact: false }).and(one.page.locator("span"))).toHaveCount(0);
  await one.go("Practice");
  await expect(one.page.getByTestId("queue-progress")).toHaveText("0 of 2 played");
});

test("chosen on the phone, submitted on the laptop", async ({ device }) => {
  const { one: phone, email } = await ready(device, 2);
  const title = await phone.rate("easy");
  await phone.synced();
  const laptop = await device(desktop);
  await laptop.signIn(email);
  await list(laptop);
  await expect(evaluation(laptop, title)).toHaveValue("easy", { timeout: 30_000 });
  await laptop.submit();
  await laptop.synced();
  await expect(phone.page.getByTestId("submit-evaluations-button")).toBeHidden({ timeout: 30_000 });
  await expect(phone.line(title)).toContainText("Easy");
});

test("yesterday's queue stays until a new one is asked for; what was chosen is submitted then", async ({ device, stack }) => {
  const { one: phone, email } = await ready(device, 3);
  const title = await phone.rate("hard");
  await phone.synced();
  // The night passes.
  await stack.query(
    `update daily_practice_queue set queue_date = queue_date - 1, window_start_utc = window_start_utc - interval '1 day',
       window_end_utc = window_end_utc - interval '1 day' where user_ref = (select id from auth.users where email = $1)`,
    [email],
  );
  const laptop = await device();
  await laptop.signIn(email);
  await laptop.synced();
  const fresh = laptop.page.getByTestId("new-queue");
  await expect(fresh).toBeVisible({ timeout: 30_000 });
  await expect(laptop.page.getByText("your 1 rating will be submitted then")).toBeVisible();
  await laptop.page.reload();
  await expect(fresh).toBeVisible();
  await fresh.click();
  await expect(fresh).toBeHidden();
  await expect(laptop.page.getByTestId("queue-progress")).toHaveText("0 of 2 played");
  await expect(laptop.line(title)).toHaveCount(0);
  await laptop.synced();
  const [{ n }] = await stack.query("select count(*)::int as n from practice_record r join auth.users u on u.id = r.user_ref where u.email = $1", [email]);
  expect(n).toBe(1);
  // And the old one can be looked at.
  await laptop.page.getByTestId("queue-day").click();
  await laptop.page.getByRole("dialog").getByRole("button", { name: "Yesterday", exact: true }).click();
  await expect(laptop.line(title)).toContainText("Hard");
  await expect(laptop.page.getByTestId("undo"), "a day as it was: nothing is taken back there by one tap").toBeHidden();
  await laptop.page.keyboard.press("u");
  await expect(laptop.line(title)).toContainText("Hard");
  await laptop.page.getByRole("button", { name: "Back to the current queue" }).click();
  await expect(laptop.line(title)).toHaveCount(0);
});

test("a tune is put aside, wished for, and given a goal", async ({ device }) => {
  const { one } = await ready(device, 3);
  const title = await one.currentTitle();
  const menu = one.page.getByRole("dialog", { name: title });
  await one.page.getByTestId("tune-menu").click();
  await menu.getByRole("button", { name: "Not today" }).click();
  await expect(one.line(title)).toHaveCount(0);
  await expect(undoWords(one)).toContainText("put aside until tomorrow");
  await one.page.getByTestId("undo").click();
  await expect(one.line(title)).toHaveCount(1);

  await expect(one.page.getByTestId("current-tune").getByRole("heading")).toHaveText(title);
  await one.page.getByTestId("tune-menu").click();
  await menu.getByLabel("What do you practise it for?").selectOption({ label: "Fluency" });
  await menu.getByRole("button", { name: "Close" }).click();
  await expect(one.page.getByTestId("goal-badge")).toHaveText("Fluency");
  await expect(one.page.getByTestId("rate-good")).toContainText("in 3 days");

  const date = new Date(Date.now() + 4 * 86_400_000).toISOString().slice(0, 10);
  await one.page.getByTestId("tune-menu").click();
  await menu.getByLabel("Let it come on a day of your choice").fill(date);
  await menu.getByRole("button", { name: "Apply" }).click();
  // On another day: so not today.
  await expect(one.line(title)).toHaveCount(0);
  await expect(undoWords(one)).toContainText("comes on another day");
  await one.page.getByTestId("undo").click();
  await expect(one.line(title)).toHaveCount(1);
  await one.page.getByTestId("tune-menu").click();
  await expect(menu.getByText("You asked for it")).toBeHidden();
  await menu.getByRole("button", { name: "Not until further notice" }).click();
  await expect(one.line(title)).toHaveCount(0);
});

test("a goal of less than a day, and the tune comes once more in the same session", async ({ device }) => {
  const { one } = await ready(device, 1);
  await one.page.getByTestId("tune-menu").click();
  await one.page.getByLabel("What do you practise it for?").selectOption({ label: "Learn it" });
  await one.page.keyboard.press("Escape");
  await expect(one.page.getByTestId("rate-again")).toContainText("in 2 hours");
  await one.page.getByTestId("rate-again").click();
  const late = new Date().getHours() >= 21;
  if (!late) await expect(one.page.getByTestId("current-tune")).toContainText("Once more, in 2 hours");
});

test("practice days and the schedule are set in words that are checked", async ({ device }) => {
  const { one } = await ready(device, 12);
  await expect(one.page.getByTestId("queue-progress")).toHaveText("0 of 10 played");
  await one.settings("Practice");
  const most = one.page.getByLabel("At most so many tunes a day");
  await most.fill("many");
  await one.page.getByRole("button", { name: "Save practice days" }).click();
  await expect(one.page.getByRole("alert").filter({ hasText: "“many” is not a whole number" })).toBeVisible();
  await most.fill("4");
  await one.page.getByRole("button", { name: "Save practice days" }).click();
  await expect(one.page.getByText("Your next queue goes by it")).toBeVisible();
  await one.page.getByLabel("While you learn a tune, again after").fill("10m");
  await one.page.getByRole("button", { name: "Save", exact: true }).click();
  await expect(one.page.getByText("The dates of all tunes go by it now")).toBeVisible();
  await one.page.getByTestId("optimise").click();
  await expect(one.page.getByText("64 ratings on later days are needed")).toBeVisible();
  await one.page.reload();
  await expect(most).toHaveValue("4");
  await expect(one.page.getByLabel("While you learn a tune, again after")).toHaveValue("10m");

  await one.go("Practice");
  await expect(one.page.getByTestId("queue-progress")).toHaveText("0 of 10 played");
  await expect(one.page.getByTestId("rate-again")).toContainText("in 10 minutes");
  await one.page.getByTestId("queue-day").click();
  await one.page.getByRole("button", { name: "Plan today anew" }).click();
  await expect(one.page.getByTestId("queue-progress")).toHaveText("0 of 4 played");
  await one.page.getByTestId("add-more").click();
  await one.page.getByLabel("How many?").fill("2");
  await one.page.getByRole("button", { name: "Add", exact: true }).click();
  await expect(one.page.getByTestId("queue-progress")).toHaveText("0 of 6 played");
  await one.page.getByTestId("queue-day").click();
  await one.page.getByRole("dialog").getByRole("button", { name: "Tomorrow", exact: true }).click();
  await expect(one.page.getByText("A preview: what this day would bring")).toBeVisible();
  await expect(one.page.getByTestId("rate-good")).toBeHidden();
});

test("where the longest break cuts the dates short, it is said above the ratings, which stay in sight on every screen", async ({ device }) => {
  const { one } = await ready(device, 2);
  await one.settings("Practice");
  await one.page.getByLabel("Longest break in days").fill("1");
  await one.page.getByRole("button", { name: "Save", exact: true }).click();
  await expect(one.page.getByText("The dates of all tunes go by it now")).toBeVisible();
  await one.go("Practice");
  const limit = one.page.getByText("Limited by your longest break");
  await expect(limit).toBeVisible();
  for (const size of [{ width: 390, height: 844 }, { width: 360, height: 740 }, desktop.viewport]) {
    await one.page.setViewportSize(size);
    // However long the card is, nobody scrolls to it.
    await one.page.locator(".tune-card").evaluate((card) => (card.style.minHeight = "120vh"));
    await one.page.evaluate(() => window.scrollTo(0, 0));
    await expect(limit).toBeInViewport({ ratio: 1 });
    const [words, ratings] = [await limit.boundingBox(), await one.page.getByTestId("rate-good").boundingBox()];
    expect(words.y + words.height, "above the ratings").toBeLessThanOrEqual(ratings.y);
    // No word of a rating is cut off or in a fourth line.
    expect(await one.page.locator(".rating").evaluateAll((all) => all.map((it) => it.scrollWidth > it.clientWidth))).not.toContain(true);
  }
  await accessible(one.page, "the longest break");
});

test("Submit stands in the first line on the narrowest phone, whatever day it is", async ({ device }) => {
  const { one } = await ready(device, 12);
  await one.rate("good");
  await one.page.setViewportSize({ width: 360, height: 740 });
  const lower = async () => {
    const boxes = [one.page.getByTestId("flashcard-mode-switch"), one.page.getByTestId("submit-evaluations-button")].map((it) => it.boundingBox());
    const [first, submit] = await Promise.all(boxes);
    return submit.y - first.y;
  };
  expect(await lower()).toBeLessThan(10);
  // Where there is room for its words, Add more keeps them.
  const words = one.page.getByTestId("add-more").locator("span");
  expect((await words.boundingBox()).width).toBeLessThan(10);
  await one.page.setViewportSize({ width: 390, height: 844 });
  expect((await words.boundingBox()).width).toBeGreaterThan(40);
  expect(await lower()).toBeLessThan(10);
  await one.page.setViewportSize({ width: 360, height: 740 });
  await one.page.getByTestId("queue-day").evaluate((day) => (day.textContent = "28 September 2025"));
  expect(await lower()).toBeLessThan(10);
});

test("a column that has nothing to say yet says so where it is chosen", async ({ device }) => {
  const { one } = await ready(device, 2);
  await one.page.getByRole("button", { name: "List", exact: true }).click();
  await one.page.getByTestId("practice-columns-button").click();
  const dialog = one.page.getByRole("dialog", { name: "Columns and order" });
  const words = "Seen once a tune of this list has a goal";
  await expect(dialog.getByRole("checkbox", { name: `Goal ${words}` })).toBeChecked();
  await accessible(one.page, "the columns");
  await dialog.getByRole("checkbox", { name: /^Goal/ }).uncheck();
  await expect(dialog.getByText(words)).toHaveCount(0);
});

test("with something staged, more can be added on a phone, too", async ({ device }) => {
  const { one } = await ready(device, 12);
  await one.rate("good");
  await expect(one.page.getByTestId("submit-evaluations-button")).toBeVisible();
  await one.page.getByRole("button", { name: "Add more" }).click();
  await one.page.getByLabel("How many?").fill("1");
  await one.page.getByRole("button", { name: "Add", exact: true }).click();
  await expect(one.page.getByTestId("queue-progress")).toHaveText("1 of 11 played");
  await expect(one.page.getByTestId("submit-evaluations-button")).toHaveText(/Submit 1/);
});
