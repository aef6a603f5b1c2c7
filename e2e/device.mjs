// A device: a browser context of its own, and what a person does on it, by the words and roles on the screen.
import { expect } from "@playwright/test";
import { PASSWORD } from "./stack.mjs";

export class Device {
  /** `prepare` gets the context before the first page is opened. */
  static async open(browser, url, { prepare, ...options } = {}) {
    const device = new Device();
    device.context = await browser.newContext({ viewport: { width: 390, height: 844 }, timezoneId: "Europe/Dublin", locale: "en-IE", ...options });
    await prepare?.(device.context);
    device.page = await device.context.newPage();
    device.url = url;
    device.problems = [];
    device.page.on("pageerror", (error) => device.problems.push(String(error)));
    await device.page.goto(url);
    return device;
  }

  async close() {
    expect(this.problems, "errors on the page").toEqual([]);
    await this.context.close();
  }

  badge() {
    return this.page.getByTestId("sync-badge");
  }

  async synced() {
    await expect(this.badge()).toHaveAttribute("data-phase", "synced", { timeout: 30_000 });
  }

  /** The service worker has the whole shell: a start without a network will work. */
  async installed() {
    await this.page.evaluate(async () => {
      await navigator.serviceWorker.ready;
    });
    await expect.poll(() => this.page.evaluate(async () => (await caches.keys()).length), { timeout: 30_000 }).toBeGreaterThan(0);
  }

  async go(tab) {
    const link = this.page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: tab, exact: true });
    await link.click();
    await expect(link).toHaveAttribute("aria-current", "page");
    await expect(this.page.getByRole("heading", { level: 1 })).toBeVisible();
  }

  async signIn(email, password = PASSWORD) {
    await this.page.goto(`${this.url}/sign-in`);
    await this.page.getByLabel("E-mail").fill(email);
    await this.page.getByLabel("Password", { exact: true }).fill(password);
    await this.page.getByRole("button", { name: "Sign in", exact: true }).click();
    await expect(this.page).toHaveURL(`${this.url}/`, { timeout: 30_000 });
  }

  async signUp(email, password = PASSWORD) {
    await this.page.goto(`${this.url}/sign-up`);
    await this.page.getByLabel("E-mail").fill(email);
    await this.page.getByLabel("Password", { exact: true }).fill(password);
    await this.page.getByRole("button", { name: "Create account", exact: true }).click();
    await expect(this.page).toHaveURL(`${this.url}/`, { timeout: 30_000 });
  }

  async startHere(name) {
    await this.page.getByRole("link", { name: "Start on this device" }).click();
    await this.page.getByLabel("Name of the repertoire").fill(name);
    await this.page.getByRole("button", { name: "Create repertoire" }).click();
    await expect(this.page.getByRole("heading", { level: 1, name: "Catalog" })).toBeVisible();
  }

  async addTunes(count) {
    await this.go("Catalog");
    const add = this.page.getByRole("button", { name: /^Add .* to your repertoire$/ });
    for (let n = 0; n < count; n += 1) {
      const before = await this.page.getByRole("button", { name: /is in your repertoire$/ }).count();
      await add.first().click();
      await expect(this.page.getByRole("button", { name: /is in your repertoire$/ })).toHaveCount(before + 1);
    }
  }

  currentTitle() {
    return this.page.getByTestId("current-tune").getByRole("heading").textContent();
  }

  /** Rates the tune on the stand; gives its title. */
  async rate(rating) {
    await expect(this.page.getByTestId("current-tune")).toBeVisible({ timeout: 30_000 });
    const title = await this.currentTitle();
    const progress = this.page.getByTestId("queue-progress");
    const before = await progress.textContent();
    await this.page.getByTestId(`rate-${rating}`).click();
    await expect(progress).not.toHaveText(before);
    return title;
  }

  /** The line of a tune in today's list. */
  line(title) {
    return this.page.locator(".today-row", { has: this.page.getByText(title, { exact: true }) });
  }
}

let people = 0;
/** An address nobody has used. */
export const somebody = () => `person${Date.now()}${(people += 1)}@example.com`;
