// What a person did and what the app acknowledged, for tests that take tabs or the whole browser down in between: what was acknowledged
// must be there afterwards, once; what was not may be there, once.
import { expect } from "@playwright/test";

/** A small generator of chance: the same seed, the same story. */
export const chance = (seed) => {
  let state = BigInt(seed) + 1n;
  return (below) => {
    state = (state * 6364136223846793005n + 1442695040888963407n) & 0xffffffffffffffffn;
    return Number((state >> 33n) % BigInt(below));
  };
};

/** The text of every row of the list on the page. Only rows near the window exist: for a look at all of them the window becomes as high as the list. */
export const listed = async (page) => {
  const rows = page.getByTestId("tune-row");
  await rows.first().waitFor();
  const before = page.viewportSize();
  let texts = [];
  await expect(async () => {
    const total = Number(/\d+/.exec(await page.getByTestId("total").textContent())[0]);
    await page.setViewportSize({ width: before.width, height: 600 + 120 * total });
    texts = await rows.allTextContents();
    expect(texts).toHaveLength(total);
  }).toPass({ timeout: 15_000 });
  await page.setViewportSize(before);
  return texts;
};

export class Diary {
  /** `word` sets this diary's tunes apart from all others. */
  constructor(word) {
    this.word = word;
    this.attempted = [];
    this.acknowledged = [];
    this.ratings = { attempted: 0, acknowledged: 0 };
  }

  /** Writes a tune down; the new tune on the screen is the acknowledgement. */
  async writeDown(page, timeout = 20_000) {
    const main = page.getByRole("navigation", { name: "Main" });
    await main.getByRole("link", { name: "Catalog", exact: true }).click({ timeout });
    await page.getByRole("link", { name: "New tune", exact: true }).click({ timeout });
    const title = `${this.word} ${this.attempted.length + 1}`;
    await page.getByLabel("Title").fill(title, { timeout });
    this.attempted.push(title);
    await page.getByRole("button", { name: "Save the tune" }).click({ timeout });
    await page.getByRole("heading", { level: 1, name: title, exact: true }).waitFor({ timeout });
    this.acknowledged.push(title);
  }

  /** Rates the tune on the stand; the page says when it is kept. */
  async rate(page, timeout = 20_000) {
    await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Practice", exact: true }).click({ timeout });
    const progress = page.getByTestId("queue-progress");
    // A repertoire without tunes has nothing to rate.
    await progress.or(page.getByRole("heading", { name: "Add the tunes you play" })).waitFor({ timeout });
    if (!(await page.getByTestId("current-tune").isVisible())) return;
    const title = await page.getByTestId("current-tune").getByRole("heading").textContent({ timeout });
    this.ratings.attempted += 1;
    await page.getByTestId("rate-good").click({ timeout });
    const row = page.locator(".today-row", { has: page.getByText(title, { exact: true }) });
    await expect(row).toContainText("Good", { timeout });
    // Shown at once; acknowledged when it is on the disk.
    await expect(progress).toHaveAttribute("data-saved", "true", { timeout });
    this.ratings.acknowledged += 1;
  }

  /** This diary's titles among the rows of the list on the page. */
  async titles(page) {
    return (await listed(page)).map((text) => new RegExp(`${this.word} \\d+`).exec(text)?.[0]).filter(Boolean);
  }

  /** Everything acknowledged is in `titles`, nothing twice. */
  check(titles, where) {
    const mine = titles.filter((title) => title.startsWith(`${this.word} `));
    expect(mine.length, `twice ${where}`).toBe(new Set(mine).size);
    expect(this.acknowledged.filter((title) => !mine.includes(title)), `lost ${where}`).toEqual([]);
    expect(mine.filter((title) => !this.attempted.includes(title)), `never written ${where}`).toEqual([]);
  }

  /** The same of the server, for the account `email`. */
  async checkServer(stack, email) {
    const rows = await stack.query("select t.title from tune t join auth.users u on u.id = t.private_for where u.email = $1 and not t.deleted", [email]);
    this.check(rows.map((row) => row.title), "on the server");
    // Submitted or not.
    const [{ n }] = await stack.query(
      `select (select count(*)::int from practice_record r where r.user_ref = u.id and not r.deleted)
            + (select count(*)::int from table_transient_data s where s.user_id = u.id and not s.deleted and s.recall_eval is not null) as n
       from auth.users u where u.email = $1`,
      [email],
    );
    expect(n, "ratings on the server").toBeGreaterThanOrEqual(this.ratings.acknowledged);
    expect(n, "ratings on the server").toBeLessThanOrEqual(this.ratings.attempted);
  }
}
