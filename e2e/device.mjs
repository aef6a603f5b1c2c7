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
    device.page.on("pageerror", (error) => {
      // Firefox counts a connection that cannot be made among the errors of the page; without a network that is none.
      if (!/can.t establish a connection to the server/.test(String(error))) device.problems.push(String(error));
    });
    // The page's and the workers' content security policy, on every page of every test.
    // Also what a panic says: the error of the page itself is only "unreachable".
    device.page.on("console", (message) => {
      if (/panicked at|violates the following (directive of the )?Content Security Policy|violates the document's Content Security Policy/i.test(message.text())) device.problems.push(message.text());
    });
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

  /**
   * Nothing gets through, and the badge says so. After a reload by the service worker, Chromium may believe in a network that its
   * own emulation does not have (148 does): then calls are tried, and fail.
   */
  async withoutNetwork() {
    await expect(this.badge()).toHaveAttribute("data-phase", /^(offline|retrying)$/);
  }

  /** The network is there again, and the page is told; without the second turn it is not, where the browser believed in one all along. */
  async reconnected() {
    for (const offline of [false, true, false]) await this.context.setOffline(offline);
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

  /** The app has started. Left earlier, Firefox counts its download, cut short, among the errors of the page. */
  async started() {
    await this.page.getByRole("navigation", { name: "Main" }).waitFor({ timeout: 30_000 });
  }

  /** A page of the settings. */
  async settings(name) {
    await this.go("Settings");
    await this.page.locator("#page").getByRole("link", { name: new RegExp(`^${name}`) }).click();
    await expect(this.page.getByRole("heading", { level: 1, name })).toBeVisible();
  }

  async signIn(email, password = PASSWORD) {
    await this.started();
    await this.page.goto(`${this.url}/sign-in`);
    await this.page.getByLabel("E-mail").fill(email);
    await this.page.getByLabel("Password", { exact: true }).fill(password);
    await this.page.getByRole("button", { name: "Sign in", exact: true }).click();
    await expect(this.page).toHaveURL(`${this.url}/`, { timeout: 30_000 });
  }

  async signUp(email, password = PASSWORD) {
    await this.started();
    await this.page.goto(`${this.url}/sign-up`);
    await this.page.getByLabel("E-mail").fill(email);
    await this.page.getByLabel("Password", { exact: true }).fill(password);
    await this.page.getByRole("button", { name: "Create account", exact: true }).click();
    await expect(this.page).toHaveURL(`${this.url}/`, { timeout: 30_000 });
  }

  async startHere(name) {
    await this.page.getByRole("link", { name: "Start on this device" }).click();
    await this.nameRepertoire(name);
  }

  /** The first repertoire of a new account. */
  async firstRepertoire(name) {
    await this.page.getByRole("link", { name: "Create a repertoire" }).click();
    await this.nameRepertoire(name);
  }

  async nameRepertoire(name) {
    await this.page.getByLabel("Name of the repertoire").fill(name);
    await this.page.getByRole("button", { name: "Create repertoire" }).click();
    await expect(this.page.getByRole("heading", { level: 1, name: "Catalog" })).toBeVisible();
  }

  async addTunes(count) {
    await this.go("Catalog");
    const add = this.page.getByRole("button", { name: /^Add .* to your repertoire$/ });
    for (let n = 0; n < count; n += 1) {
      // The list is there: before it is, none of its tunes is anybody's.
      await add.first().waitFor();
      const before = await this.page.getByRole("button", { name: /is in your repertoire$/ }).count();
      await add.first().click();
      await expect(this.page.getByRole("button", { name: /is in your repertoire$/ })).toHaveCount(before + 1);
    }
  }

  /** The page of a tune of the catalog, by way of the search: whose first row is another tune until it has searched. */
  async findTune(title) {
    await this.go("Catalog");
    await this.page.getByLabel("Search the catalog").fill(title);
    await this.page.getByTestId("tune-row").filter({ hasText: title }).first().getByRole("link").click();
    await expect(this.page.getByRole("button", { name: "Edit", exact: true })).toBeVisible();
  }

  /** Writes down a tune; gives its id, and stays on its page. */
  async createTune(title) {
    await this.go("Catalog");
    await this.page.getByRole("link", { name: "New tune" }).click();
    await this.page.getByLabel("Title", { exact: true }).fill(title);
    await this.page.getByRole("button", { name: "Save the tune" }).click();
    await expect(this.page).toHaveURL(/\/tune\/[0-9a-f-]{36}$/);
    await expect(this.page.getByRole("heading", { level: 1, name: title, exact: true })).toBeVisible();
    return this.page.url().split("/").pop();
  }

  /** Opens a tune of the repertoire, within the app: this works without a network, too. */
  async openTune(id) {
    await this.go("Repertoire");
    await this.page.locator(`a[href="/tune/${id}"]`).click();
    await expect(this.page.getByRole("button", { name: "Edit", exact: true })).toBeVisible();
  }

  /** Where the tune whose page is open is changed. */
  editor() {
    return this.page.getByRole("region", { name: "Edit the tune" });
  }

  /** Changes fields of the tune whose page is open, by their labels. */
  async editTune(fields) {
    await this.page.getByRole("button", { name: "Edit", exact: true }).click();
    const editor = this.editor();
    for (const [label, value] of Object.entries(fields)) await editor.getByLabel(label, { exact: true }).fill(value);
    await editor.getByRole("button", { name: "Save", exact: true }).click();
    await expect(this.page.getByRole("button", { name: "Edit", exact: true })).toBeVisible();
  }

  async deleteTune() {
    await this.page.getByRole("button", { name: "Delete tune" }).click();
    await expect(this.page.getByText("The tune is deleted")).toBeVisible();
  }

  async writeNote(text) {
    await this.page.getByRole("button", { name: "Write a note" }).click();
    await this.page.getByRole("textbox", { name: "Note" }).fill(text);
    await this.page.getByRole("button", { name: "Save note" }).click();
    await expect(this.page.getByText(text)).toBeVisible();
  }

  /** The row of a tune in a list. */
  listed(title) {
    return this.page.getByTestId("tune-row").filter({ has: this.page.getByText(title, { exact: true }) });
  }

  /** The tune is in the repertoire here, or comes into it. */
  async sees(title) {
    await this.go("Repertoire");
    await expect(this.listed(title)).toBeVisible({ timeout: 30_000 });
  }

  /** Type, key and structure of the tune whose page is open. */
  facts() {
    return this.page.locator(".facts-line");
  }

  /** What was changed in two places, on the page that the sync panel leads to. */
  async conflicts() {
    await this.badge().click();
    await this.page.getByRole("dialog", { name: "Sync" }).getByRole("link", { name: /in two places|to decide/ }).first().click();
    return this.page.getByTestId("conflicts");
  }

  /** What the server did not accept, on the page that the sync panel leads to. */
  async refused() {
    await this.badge().click();
    await this.page.getByRole("dialog", { name: "Sync" }).getByRole("link", { name: /not accepted/ }).click();
    return this.page.getByTestId("refused");
  }

  async closePanel() {
    await this.page.keyboard.press("Escape");
    await expect(this.page.getByRole("dialog", { name: "Sync" })).toBeHidden();
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
    await expect(progress).toHaveAttribute("data-saved", "true");
    return title;
  }

  /** Submits what is rated. */
  async submit() {
    await this.page.getByTestId("submit-evaluations-button").click();
    await expect(this.page.getByTestId("submit-evaluations-button")).toBeHidden();
  }

  /** The line of a tune in today's list. */
  line(title) {
    return this.page.locator(".today-row", { has: this.page.getByText(title, { exact: true }) });
  }
}

/** A new account on two devices, both in step, with an empty repertoire. `second` opens the second one, in another browser perhaps. */
export async function two(device, second = device) {
  const email = somebody();
  const phone = await device();
  await phone.signUp(email);
  await phone.firstRepertoire("Flute");
  await phone.go("Repertoire");
  await phone.synced();
  const laptop = await second({ viewport: { width: 1280, height: 800 } });
  await laptop.signIn(email);
  await laptop.go("Repertoire");
  await laptop.synced();
  return { phone, laptop, email };
}

/** A new account with so many tunes, at its first queue. */
export async function ready(device, tunes, options) {
  const one = await device(options);
  const email = somebody();
  await one.signUp(email);
  await one.firstRepertoire("Flute");
  await one.addTunes(tunes);
  await one.go("Practice");
  await expect(one.page.getByTestId("current-tune")).toBeVisible();
  return { one, email };
}

let people = 0;
/** An address nobody has used. */
export const somebody = () => `person${Date.now()}${(people += 1)}@example.com`;
