// What the library's pages look like, in both sizes and themes: screenshots for people to look at, and axe.
import { expect, test } from "../fixtures.mjs";
import { picture, sizes } from "../look.mjs";

// One that is new, and one that is here already.
const NEW = "X:1\nT:The Lantern on the Pier\nR:reel\nM:4/4\nL:1/8\nK:Ador\n|:EAAB cBAG|EAAB c2Bc|dBGB dedB|cABG A4:|";
const ABC = "X:1\nT:The Kesh\nR:jig\nM:6/8\nL:1/8\nK:G\n|:GAG GAB|ABA ABd|edd gdd|edB dBA:|";

for (const theme of ["light", "dark"]) {
  for (const [size, viewport] of Object.entries(sizes)) {
    test(`the library's pages, ${size}, ${theme}`, async ({ device }) => {
      const one = await device({ viewport, colorScheme: theme, reducedMotion: "reduce", deviceScaleFactor: size === "phone" ? 2 : 1 });
      const page = one.page;
      const shot = (name, fullPage = false) => picture(page, `${name}-${size}-${theme}`, { fullPage });
      await one.startHere("Fiddle");
      await expect(page.getByTestId("tune-row").first()).toBeVisible();
      await page.getByRole("link", { name: "Choose from well-known Irish tunes" }).click();
      await expect(page.getByRole("group", { name: "Jigs", exact: true })).toBeVisible();
      for (const title of ["The Kesh", "Morrison's", "The Blarney Pilgrim", "The Silver Spear", "The Butterfly"]) await page.getByLabel(new RegExp(`^${title}`)).check();
      await shot("starter");
      await page.getByRole("button", { name: "Add and practise" }).click();
      await expect(page.getByTestId("current-tune")).toBeVisible();
      await one.go("Repertoire");
      await page.getByRole("button", { name: /Filter, sort/ }).click();
      await shot("filters");
      await page.getByRole("button", { name: /Filter, sort/ }).click();
      if (size === "phone") await page.getByRole("button", { name: "Select", exact: true }).click();
      await page.getByTestId("tune-row").nth(1).getByRole("checkbox").check();
      await shot("chosen");
      await page.getByRole("link", { name: "What do I know?" }).click();
      await expect(page.getByTestId("known").first()).toBeVisible();
      await page.getByRole("button", { name: /Kesh/ }).click();
      await shot("know");
      await page.locator(".repertoire-menu select").selectOption({ label: "Manage repertoires…" });
      await shot("repertoires");
      await one.go("Catalog");
      await page.getByRole("link", { name: "Import" }).click();
      await page.getByLabel("Or paste ABC").fill(`${NEW}\n\n${ABC.replace("X:1", "X:2")}`);
      await page.getByRole("button", { name: "Look at it" }).click();
      await expect(page.getByTestId("offer")).toHaveCount(2);
      await expect(page.getByRole("button", { name: "Bring in 1 tune" })).toBeEnabled();
      await shot("import", true);
      await one.go("Repertoire");
      await page.getByTestId("tune-row").filter({ hasText: "Kesh" }).getByRole("link").click();
      await page.getByRole("button", { name: "Whole tune in ABC" }).click();
      await page.getByLabel("Whole tune in ABC").fill(ABC);
      await page.getByRole("button", { name: "Save the ABC" }).click();
      await expect(page.locator(".note .notation")).toHaveAttribute("data-state", "drawn");
      for (const [day, rating] of [["2026-01-10", "Good"], ["2026-02-10", "Again"], ["2026-03-10", "Easy"]]) {
        await page.getByRole("button", { name: "Add earlier practice" }).click();
        await page.getByLabel("Day", { exact: true }).fill(day);
        await page.getByLabel(rating, { exact: true }).check();
        await page.getByRole("button", { name: "Add", exact: true }).last().click();
        await expect(page.locator("table.history")).toContainText(rating);
      }
      await page.getByRole("button", { name: "Write a note" }).click();
      await shot("tune-whole", true);
    });
  }
}
