// What a person sees when the sync needs her: changes in two places, changes the server does not take, signing out too early.
import { readFile } from "node:fs/promises";
import { expect, test } from "../fixtures.mjs";
import { somebody } from "../device.mjs";
import { pictures } from "../look.mjs";

/** A new person with a repertoire and one tune of her own, on as many devices as asked for. */
async function settledIn(device, title, count = 1) {
  const email = somebody();
  const first = await device();
  await first.signUp(email);
  await first.synced();
  await first.page.getByRole("link", { name: "Create a repertoire" }).click();
  await first.page.getByLabel("Name of the repertoire").fill("Fiddle");
  await first.page.getByRole("button", { name: "Create repertoire" }).click();
  await first.go("Catalog");
  await first.page.getByRole("link", { name: "New tune" }).click();
  await first.page.getByLabel("Title").fill(title);
  await first.page.getByRole("button", { name: "Save the tune" }).click();
  await expect(first.page.getByRole("heading", { level: 1, name: title })).toBeVisible();
  await first.synced();
  const all = [first];
  while (all.length < count) {
    const next = await device();
    await next.signIn(email);
    await next.synced();
    all.push(next);
  }
  return { email, devices: all };
}

async function open(device, path) {
  await device.page.evaluate((path) => {
    history.pushState({}, "", path);
    dispatchEvent(new PopStateEvent("popstate"));
  }, path);
}

async function change(device, fields) {
  await device.page.getByRole("button", { name: "Edit", exact: true }).click();
  for (const [label, value] of Object.entries(fields)) await device.editor().getByLabel(label).fill(value);
  await device.editor().getByRole("button", { name: "Save", exact: true }).click();
  await expect(device.page.getByRole("button", { name: "Edit", exact: true })).toBeVisible();
}

async function nameDevice(device, name) {
  await device.settings("Sync and devices");
  await device.page.getByLabel("Name of this device").fill(name);
  await device.page.getByRole("button", { name: "Save", exact: true }).click();
  await expect(device.page.getByText("Name saved")).toBeVisible();
}

/** The same field changed on both while `later` has no network; `later` comes back last. */
async function disagree(first, later, title) {
  await first.findTune(title);
  await later.findTune(title);
  await later.context.setOffline(true);
  await later.withoutNetwork();
  await change(first, { "Key and mode": "A Dorian", Structure: "AABBC" });
  await first.synced();
  await change(later, { "Key and mode": "G Major" });
  await later.context.setOffline(false);
}

test("the same field changed on two devices: told in words, both values, and the other one can be taken", async ({ device, stack }) => {
  const { devices } = await settledIn(device, "The Abbey Reel", 2);
  const [laptop, phone] = devices;
  await nameDevice(laptop, "Laptop");
  await nameDevice(phone, "Phone");
  await disagree(laptop, phone, "The Abbey Reel");
  await phone.synced();
  await expect(phone.badge()).toHaveAccessibleName(/changed in two places/);
  await phone.badge().click();
  await pictures(phone.page, "panel-with-conflict");
  await phone.page.getByRole("dialog").getByRole("link", { name: "1 change in two places, settled" }).click();
  await expect(phone.page.getByRole("heading", { level: 1, name: "Changed in two places" })).toBeVisible();
  const card = phone.page.getByTestId("conflict");
  await expect(card).toHaveCount(1);
  await expect(card.getByRole("heading")).toContainText("‘The Abbey Reel’: mode was changed here and on");
  await expect(card).toContainText("G Major");
  await expect(card).toContainText("A Dorian");
  await pictures(phone.page, "conflicts");
  await card.getByRole("button", { name: /^Use the one from/ }).click();
  await expect(card).toHaveCount(0);
  await expect(phone.page.getByText("Nothing to look at")).toBeVisible();
  await expect(phone.page.locator(".outcome")).toBeFocused();
  await phone.synced();
  await expect.poll(async () => (await stack.query("select mode, structure from tune where title = 'The Abbey Reel'"))[0]).toEqual({ mode: "A Dorian", structure: "AABBC" });
  // It stays in the history, and may be taken back there.
  await phone.page.getByText("Already seen").click();
  await expect(card).toHaveCount(1);
  await card.getByRole("button", { name: "Use the one from here" }).click();
  await expect.poll(async () => (await stack.query("select mode from tune where title = 'The Abbey Reel'"))[0].mode).toBe("G Major");
});

test("with “ask me”, nothing of the row is sent before she has chosen, also after a restart", async ({ device, stack }) => {
  const { devices } = await settledIn(device, "The Silver Spear", 2);
  const [laptop, phone] = devices;
  await phone.settings("Sync and devices");
  await phone.page.getByRole("radio", { name: /^Ask me/ }).check();
  await pictures(phone.page, "settings-sync-ask");
  await disagree(laptop, phone, "The Silver Spear");
  await expect(phone.badge()).toHaveAttribute("data-phase", "attention", { timeout: 30_000 });
  await phone.page.reload();
  await expect(phone.badge()).toHaveAttribute("data-phase", "attention", { timeout: 30_000 });
  expect((await stack.query("select mode from tune where title = 'The Silver Spear'"))[0].mode).toBe("A Dorian");
  // Another tune goes through.
  await phone.addTunes(1);
  await expect.poll(async () => (await stack.query("select count(*)::int as n from playlist_tune where user_ref = (select id from auth.users order by created_at desc limit 1)"))[0].n).toBeGreaterThan(0);
  await phone.badge().click();
  await phone.page.getByRole("dialog").getByRole("link", { name: "1 change to decide" }).click();
  const card = phone.page.getByTestId("conflict");
  await expect(card).toContainText("not sent yet");
  await pictures(phone.page, "conflict-undecided");
  await card.getByRole("button", { name: "Keep the one from here" }).click();
  await phone.synced();
  await expect.poll(async () => (await stack.query("select mode, structure from tune where title = 'The Silver Spear'"))[0]).toEqual({ mode: "G Major", structure: "AABBC" });
});

test("what the server does not take is told, saved, tried again, edited and discarded", async ({ device, stack }) => {
  const { devices } = await settledIn(device, "Bad Weather");
  const [phone] = devices;
  await stack.query("alter table public.tune add constraint no_storms check (mode is distinct from 'Storm' and title is distinct from 'Hurricane')");
  try {
    await phone.findTune("Bad Weather");
    await change(phone, { "Key and mode": "Storm" });
    await phone.go("Catalog");
    await phone.page.getByRole("link", { name: "New tune" }).click();
    await phone.page.getByLabel("Title").fill("Hurricane");
    await phone.page.getByRole("button", { name: "Save the tune" }).click();
    await expect(phone.page.getByRole("heading", { level: 1, name: "Hurricane" })).toBeVisible();
    await phone.page.getByRole("button", { name: "Write a note" }).click();
    await phone.page.getByRole("textbox", { name: "Note" }).fill("Loud");
    await phone.page.getByRole("button", { name: "Save note" }).click();
    await expect(phone.badge()).toHaveAttribute("data-phase", "attention", { timeout: 30_000 });
    await phone.badge().click();
    await pictures(phone.page, "panel-refused");
    await phone.page.getByRole("dialog").getByRole("link", { name: /not accepted by the server/ }).click();
    await expect(phone.page.getByRole("heading", { level: 1, name: "Not accepted by the server" })).toBeVisible();
    const cards = phone.page.getByTestId("refused-edit");
    await expect(cards).toHaveCount(2);
    const hurricane = cards.filter({ hasText: "‘Hurricane’" }).first();
    const weather = cards.filter({ hasText: "‘Bad Weather’" });
    await expect(hurricane).toContainText("A value is outside of what the server allows.");
    await expect(hurricane.locator("summary").first()).toContainText("Waiting for it: ");
    await expect(weather).toContainText("Changed on this device: mode");
    await expect(phone.page.getByTestId("refused-total")).toHaveText("2 changes not accepted, 2 more wait for that");
    await pictures(phone.page, "refused");

    // A copy first.
    const download = phone.page.waitForEvent("download");
    await hurricane.getByRole("button", { name: "Save a copy" }).click();
    const copy = JSON.parse(await readFile(await (await download).path(), "utf8"));
    expect([copy.table, copy.row.title, copy.refused.code]).toEqual(["tune", "Hurricane", "23514"]);
    expect(copy.depends_on_it.map(({ table }) => table)).toContain("note");

    // Discarded: asked first, then gone with what needs it.
    await hurricane.getByRole("button", { name: "Discard…" }).click();
    const question = phone.page.getByRole("dialog").filter({ hasText: "Discard this change?" });
    await expect(question).toContainText("was never on the server: it is removed from this device");
    await pictures(phone.page, "refused-discard");
    await question.getByRole("button", { name: "Discard", exact: true }).click();
    await expect(cards).toHaveCount(1);

    // Tried again as it is: refused again. Edited: accepted.
    await weather.getByRole("button", { name: "Try again" }).click();
    await expect(cards).toHaveCount(1);
    await expect(phone.badge()).toHaveAttribute("data-phase", "attention", { timeout: 30_000 });
    await weather.getByRole("link", { name: "Edit" }).click();
    await change(phone, { "Key and mode": "E Minor" });
    await phone.synced();
    expect((await stack.query("select mode from tune where title = 'Bad Weather'"))[0].mode).toBe("E Minor");
    expect(await stack.query("select 1 from tune where title = 'Hurricane'")).toEqual([]);
  } finally {
    await stack.query("alter table public.tune drop constraint no_storms");
  }
});

test("signing out with unsent work asks: sync first, keep, or discard with a typed word", async ({ device, stack }) => {
  const { email, devices } = await settledIn(device, "The Foxhunter");
  const [phone] = devices;
  const edit = async (mode) => {
    await phone.findTune("The Foxhunter");
    await change(phone, { "Key and mode": mode });
    await phone.settings("Account");
  };
  const mode = async () => (await stack.query("select mode from tune where title = 'The Foxhunter'"))[0].mode;
  const offline = async (on) => {
    await phone.context.setOffline(on);
    if (on) await phone.withoutNetwork();
  };
  const signOut = phone.page.getByRole("button", { name: "Sign out", exact: true });
  const question = phone.page.getByRole("dialog").filter({ hasText: "not sent yet" });

  // Sync first: waits, says so, goes on by itself when the network is back.
  await offline(true);
  await edit("A Major");
  await signOut.click();
  await expect(question.getByRole("heading", { name: "1 change is not sent yet" })).toBeVisible();
  await pictures(phone.page, "sign-out");
  await question.getByRole("button", { name: "Sync first, then sign out" }).click();
  await expect(question).toContainText("You are offline. 0 of 1 sent");
  await offline(false);
  await expect(phone.page.getByText("Signed out")).toBeVisible({ timeout: 30_000 });
  expect(await mode()).toBe("A Major");

  // Keep: it is sent at the next sign-in.
  await phone.signIn(email);
  await phone.synced();
  await offline(true);
  await edit("B Major");
  await signOut.click();
  await question.getByRole("button", { name: "Keep on this device and sign out" }).click();
  await expect(phone.page.getByText("Signed out")).toBeVisible();
  await offline(false);
  expect(await mode()).toBe("A Major");
  await phone.signIn(email);
  await phone.synced();
  await expect.poll(mode).toBe("B Major");

  // Discard: a copy first, then the word.
  await offline(true);
  await edit("C Major");
  await signOut.click();
  await question.getByRole("button", { name: "Discard them…" }).click();
  const discard = question.getByRole("button", { name: "Discard and sign out" });
  await expect(discard).toBeDisabled();
  await pictures(phone.page, "sign-out-discard");
  const download = phone.page.waitForEvent("download");
  await question.getByRole("button", { name: "Save a copy as a file" }).click();
  const copy = JSON.parse(await readFile(await (await download).path(), "utf8"));
  expect(copy.not_sent.length).toBe(1);
  expect(copy.tables.tune[0].mode).toBe("C Major");
  await question.getByLabel(/Type the word/).fill("discard");
  await discard.click();
  await expect(phone.page.getByText("Signed out")).toBeVisible();
  await offline(false);
  await phone.signIn(email);
  await phone.synced();
  expect(await mode()).toBe("B Major");
  await phone.findTune("The Foxhunter");
  await expect(phone.page.getByText("B Major").first()).toBeVisible();
});

test("the panel tells where things stand, exports everything, and copies a report without tunes in it", async ({ device }) => {
  const { devices } = await settledIn(device, "The Secret Tune");
  const [phone] = devices;
  await phone.context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await phone.badge().click();
  const panel = phone.page.getByRole("dialog");
  for (const line of ["Waiting to be sent", "Last sent", "Last fetched", "This device", "Where your tunes are"]) {
    await expect(panel.getByText(line, { exact: true })).toBeVisible();
  }
  await expect(panel).toContainText("Chrome on");
  await pictures(phone.page, "panel");
  const download = phone.page.waitForEvent("download");
  await panel.getByRole("button", { name: "Export everything" }).click();
  const file = await download;
  expect(file.suggestedFilename()).toMatch(/^tunetrees-export-\d{4}-\d\d-\d\d\.json$/);
  const everything = JSON.parse(await readFile(await file.path(), "utf8"));
  expect(everything.tables.tune[0].title).toBe("The Secret Tune");
  await panel.getByRole("button", { name: "Copy diagnostics" }).click();
  await expect.poll(() => phone.page.evaluate(() => navigator.clipboard.readText())).toContain("TuneTrees: ");
  const report = await phone.page.evaluate(() => navigator.clipboard.readText());
  expect(report).toContain("Storage: Opfs");
  for (const secret of ["Secret", "@example.com", "eyJ"]) expect(report).not.toContain(secret);
});

test("all of it works with the keyboard", async ({ device }) => {
  const { devices } = await settledIn(device, "The Keyboard Reel", 2);
  const [laptop, phone] = devices;
  await disagree(laptop, phone, "The Keyboard Reel");
  await phone.synced();
  await open(phone, "/conflicts");
  await expect(phone.page.getByTestId("conflict")).toHaveCount(1);
  const reached = [];
  for (let n = 0; n < 30; n += 1) {
    await phone.page.keyboard.press("Tab");
    const text = await phone.page.evaluate(() => document.activeElement?.textContent ?? "");
    reached.push(text);
    if (/^Keep the one from/.test(text)) break;
  }
  expect(reached.at(-1)).toMatch(/^Keep the one from/);
  await phone.page.keyboard.press("Enter");
  await expect(phone.page.getByText("Nothing to look at")).toBeVisible();
  await expect(phone.page.locator(".outcome")).toBeFocused();
});
