// What it looks like: screenshots for people to look at, axe on every page, and what makes it installable.
import { expect, test } from "../fixtures.mjs";
import { lived } from "../lived.mjs";
import { picture, sizes } from "../look.mjs";

/** An address that people read in the pictures. */
const names = { phone: { light: "nora", dark: "aoife" }, desktop: { light: "liam", dark: "sean" } };

for (const theme of ["light", "dark"]) {
  for (const [size, viewport] of Object.entries(sizes)) {
    test(`every page, ${size}, ${theme}`, async ({ device, stack }) => {
      const one = await device({ viewport, colorScheme: theme, reducedMotion: "reduce", deviceScaleFactor: size === "phone" ? 2 : 1 });
      const shot = (name, fullPage = false) => picture(one.page, `${name}-${size}-${theme}`, { fullPage });
      // As soon as it is known that there is a server.
      await expect(one.page.getByRole("link", { name: "Create account" })).toBeVisible();
      await shot("welcome");
      const email = `${names[size][theme]}@example.com`;
      await one.signUp(email);
      await lived(stack, email);
      await one.page.reload();
      await one.synced();
      const title = one.page.getByTestId("current-tune").getByRole("link");
      await title.click();
      await one.writeNote("Easy on the first roll, and breathe before the second part.");
      await one.go("Practice");
      await expect(one.page.getByTestId("rate-good")).toContainText("in ");
      await one.page.getByTestId("flashcard-reveal-toggle").click();
      await expect(one.page.getByTestId("current-tune").locator("svg").first()).toBeVisible();
      await shot("practice");
      for (const rating of ["good", "hard"]) await one.rate(rating);
      await one.page.getByRole("button", { name: "List", exact: true }).click();
      await expect(one.page.getByTestId("practice-list")).toBeVisible();
      await shot("practice-list");
      for (const _ of ["hard", "good"]) {
        await one.page.getByTestId("undo").click();
        await expect(one.page.getByTestId("submit-evaluations-button")).toHaveText(_ === "hard" ? /Submit 1/ : /Submit 0/);
      }
      await one.page.getByRole("button", { name: "Cards", exact: true }).click();
      await one.synced();
      await one.page.getByTestId("tune-menu").click();
      await expect(one.page.getByLabel("What do you practise it for?")).toBeVisible();
      await shot("tune-menu");
      await one.page.keyboard.press("Escape");
      await one.page.getByTestId("queue-day").click();
      await expect(one.page.getByText("Days with a queue")).toBeVisible();
      await shot("queue-day");
      await one.page.keyboard.press("Escape");
      await one.page.getByTestId("card-faces").click();
      await expect(one.page.getByRole("dialog", { name: "What cards show" })).toBeVisible();
      await shot("card-faces");
      await one.page.keyboard.press("Escape");
      for (const tab of ["Repertoire", "Catalog", "Settings"]) {
        await one.go(tab);
        if (tab !== "Settings") await expect(one.page.getByTestId("tune-row").first()).toBeVisible();
        await shot(tab.toLowerCase());
      }
      await one.settings("Practice");
      await expect(one.page.getByLabel("At most so many tunes a day")).toHaveValue(/\d+/);
      await shot("practice-settings", true);
      await one.go("Practice");
      await title.click();
      await expect(one.page.locator(".tune-card svg").first()).toBeVisible();
      await shot("tune");
      await one.page.getByRole("button", { name: "Edit", exact: true }).click();
      await shot("edit");
      await one.badge().click();
      await expect(one.page.getByRole("dialog")).toBeVisible();
      await shot("sync");
    });
  }
}

test("it can be installed: manifest, icons, service worker", async ({ device }) => {
  const phone = await device();
  await phone.installed();
  const manifest = await phone.page.evaluate(async () => {
    const link = document.querySelector("link[rel=manifest]");
    return (await fetch(link.href)).json();
  });
  expect(manifest.display).toBe("standalone");
  expect(manifest.start_url).toBeTruthy();
  const sizesFound = manifest.icons.flatMap((icon) => icon.sizes.split(" "));
  expect(sizesFound).toEqual(expect.arrayContaining(["192x192", "512x512"]));
  expect(manifest.icons.some((icon) => (icon.purpose ?? "").includes("maskable"))).toBe(true);
  for (const icon of manifest.icons) {
    const status = await phone.page.evaluate(async (src) => (await fetch(src)).status, icon.src);
    expect(status).toBe(200);
  }
  // Chromium's own judgement.
  const session = await phone.context.newCDPSession(phone.page);
  const { installabilityErrors } = await session.send("Page.getInstallabilityErrors");
  expect(installabilityErrors.map((e) => e.errorId).filter((id) => id !== "in-incognito")).toEqual([]);
});
