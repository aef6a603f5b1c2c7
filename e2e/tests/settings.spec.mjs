// The settings: what is chosen takes effect, stays, and is found again; the account can be changed and ended.
import { expect, test } from "../fixtures.mjs";
import { somebody } from "../device.mjs";
import { PASSWORD } from "../stack.mjs";
import { picture, sizes } from "../look.mjs";

const root = (one, name) => one.page.evaluate((name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim(), name);

test("colours, contrast, text and motion take effect at once, and before the first paint of the next visit", async ({ device }) => {
  const one = await device({ colorScheme: "light", reducedMotion: "no-preference" });
  await one.settings("Appearance");
  const line = await root(one, "--line");
  const size = await root(one, "font-size");
  await one.page.getByRole("group", { name: "Colours" }).getByLabel("Dark").check();
  expect(await root(one, "--paper")).toBe("#171b18");
  await one.page.getByRole("group", { name: "Contrast" }).getByLabel("High").check();
  expect(await root(one, "--line")).not.toBe(line);
  await one.page.getByRole("group", { name: "Size of the text" }).getByLabel("Larger", { exact: true }).check();
  expect(parseFloat(await root(one, "font-size"))).toBeCloseTo(parseFloat(size) * 1.3125, 1);
  await one.page.getByRole("group", { name: "Motion" }).getByLabel("Less").check();
  const duration = () => one.page.locator("#page .button").first().evaluate((button) => getComputedStyle(button).transitionDuration.split(",")[0]);
  expect(await duration()).toMatch(/^0\.001s|^1ms/);
  // The next visit has it before the app has started.
  await one.page.addInitScript(() => document.addEventListener("DOMContentLoaded", () => (window.early = { ...document.documentElement.dataset })));
  await one.page.reload();
  expect(await one.page.evaluate(() => window.early)).toMatchObject({ theme: "dark", contrast: "more", text: "larger", motion: "less" });
  await expect(one.page.getByRole("group", { name: "Contrast" }).getByLabel("High")).toBeChecked();
  await one.go("Settings");
  await expect(one.page.locator("#page").getByRole("link", { name: /^Appearance/ })).toContainText("Colours: dark. Text: larger");
  // Motion wins over the system the other way round, too.
  await one.page.emulateMedia({ reducedMotion: "reduce" });
  await one.settings("Appearance");
  await one.page.getByRole("group", { name: "Motion" }).getByLabel("Full").check();
  expect(await duration()).not.toMatch(/^0\.001s|^1ms/);
});

test("single keys can be switched off", async ({ device }) => {
  const one = await device();
  await one.startHere("Whistle");
  await one.addTunes(2);
  await one.settings("Keyboard");
  await expect(one.page.getByRole("row", { name: /Again: lost it/ })).toBeVisible();
  await one.page.getByLabel("Single keys rate and take back").uncheck();
  await one.go("Practice");
  await expect(one.page.getByTestId("current-tune")).toBeVisible();
  await one.page.keyboard.press("3");
  await expect(one.page.getByTestId("queue-progress")).toContainText("0");
  await one.settings("Keyboard");
  await expect(one.page.getByLabel("Single keys rate and take back")).not.toBeChecked();
});

test("the password is changed, with the old one; other devices are asked to sign in again and keep what they have", async ({ device }) => {
  const email = somebody();
  const phone = await device();
  await phone.signUp(email);
  await phone.firstRepertoire("Pipes");
  const laptop = await device();
  await laptop.signIn(email);
  await laptop.synced();
  await phone.settings("Account");
  await phone.page.getByLabel("Current password").fill("not it");
  await phone.page.getByLabel("New password").fill("another good one");
  await phone.page.getByRole("button", { name: "Change password" }).click();
  await expect(phone.page.getByText("The password is wrong.")).toBeVisible();
  await phone.page.getByLabel("Current password").fill(PASSWORD);
  await phone.page.getByRole("button", { name: "Change password" }).click();
  await expect(phone.page.getByText(/^Password changed\./)).toBeVisible();
  await phone.createTune("After the change");
  await phone.synced();
  // A new device needs the new one.
  const tablet = await device();
  await tablet.signIn(email, "another good one");
  await tablet.sees("After the change");
});

test("the e-mail address is changed", async ({ device }) => {
  const [email, wanted] = [somebody(), somebody()];
  const phone = await device();
  await phone.signUp(email);
  await phone.firstRepertoire("Pipes");
  await phone.settings("Account");
  await phone.page.getByLabel("New e-mail address").fill(wanted);
  await phone.page.getByLabel("Your password").fill(PASSWORD);
  await phone.page.getByRole("button", { name: "Change e-mail address" }).click();
  await expect(phone.page.getByText(`Signed in as ${wanted}`)).toBeVisible();
  const laptop = await device();
  await laptop.signIn(wanted);
  await laptop.synced();
});

test("the account is deleted with all that is in it, and only when it is meant", async ({ device, stack }) => {
  const email = somebody();
  const phone = await device();
  await phone.signUp(email);
  await phone.firstRepertoire("Pipes");
  await phone.createTune("Gone tomorrow");
  await phone.synced();
  const left = async () => (await stack.query("select (select count(*) from auth.users where email = $1)::int + (select count(*) from tune where title = 'Gone tomorrow')::int as n", [email]))[0].n;
  expect(await left()).toBe(2);
  await phone.settings("Account");
  // Without a network it is told, and nothing happens.
  await phone.context.setOffline(true);
  await expect(phone.page.getByText("You are offline. What follows needs the server")).toBeVisible();
  await phone.page.getByRole("button", { name: "Delete my account…" }).click();
  const question = phone.page.getByRole("dialog", { name: /Delete your account/ });
  const button = question.getByRole("button", { name: "Delete my account", exact: true });
  await expect(button).toBeDisabled();
  await question.getByLabel("Your password").fill(PASSWORD);
  await expect(button).toBeDisabled();
  await question.getByLabel(/^Type the word/).fill("delete");
  await button.click();
  await expect(question.getByRole("alert").filter({ hasText: /./ })).toBeVisible();
  expect(await left()).toBe(2);
  await phone.context.setOffline(false);
  await button.click();
  await expect(phone.page.getByText(/^Your account is deleted\./)).toBeVisible({ timeout: 30_000 });
  expect(await left()).toBe(0);
  await expect(phone.page.getByRole("link", { name: "Start on this device" })).toBeVisible();
  await phone.settings("Account");
  await expect(phone.page.getByText("without an account")).toBeVisible();
});

for (const theme of ["light", "dark"]) {
  for (const [size, viewport] of Object.entries(sizes)) {
    test(`every page of the settings, ${size}, ${theme}`, async ({ device }) => {
      const one = await device({ viewport, colorScheme: theme, reducedMotion: "reduce", deviceScaleFactor: size === "phone" ? 2 : 1 });
      const shot = (name) => picture(one.page, `settings-${name}-${size}-${theme}`, { fullPage: true });
      await one.signIn("test1@example.com");
      await one.synced();
      for (const [page, name] of [["Account", "account"], ["Appearance", "appearance"], ["Keyboard", "keyboard"], ["Sync and devices", "sync"]]) {
        await one.settings(page);
        await shot(name);
      }
      await one.settings("Appearance");
      await one.page.getByRole("group", { name: "Contrast" }).getByLabel("High").check();
      await one.go("Analysis");
      await expect(one.page.locator("svg.calendar rect").first()).toBeVisible();
      await shot("high-contrast");
    });
  }
}
