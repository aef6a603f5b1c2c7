// The browser killed (SIGKILL of the whole process) at random moments during edits and sync, again and again on one profile: nothing that was
// acknowledged is lost, the database is sound after each, and in the end all is on the server, once.
// TUNETREES_KILL_ROUNDS (20), TUNETREES_SEED.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execFileSync } from "node:child_process";
import { chromium } from "@playwright/test";
import { expect, test } from "../fixtures.mjs";
import { Device, somebody } from "../device.mjs";
import { chance, Diary } from "../diary.mjs";

test.describe.configure({ retries: 0 });

/** The process and its children, all at once: as when the battery falls out. */
const killTree = (folder) => {
  const listed = execFileSync("ps", ["-eo", "pid=,args="], { encoding: "utf8" }).split("\n");
  // Only the processes of this very profile.
  const ours = listed.filter((line) => line.includes(`--user-data-dir=${folder}`)).map((line) => Number.parseInt(line, 10));
  for (const pid of ours) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // It went by itself.
    }
  }
  return ours.length;
};

const start = async (folder, stack, use) => {
  const context = await chromium.launchPersistentContext(folder, { ...use.launchOptions, viewport: { width: 390, height: 844 }, timezoneId: "Europe/Dublin" });
  const device = new Device();
  device.context = context;
  device.page = context.pages()[0] ?? (await context.newPage());
  device.url = stack.url;
  device.problems = [];
  await device.page.goto(stack.url);
  return device;
};

const sound = async (device) => {
  await device.settings("Sync and devices");
  await device.page.getByRole("button", { name: "Check the database" }).click();
  await expect(device.page.getByTestId("database-check")).toHaveText("The database is sound.");
};

test("the browser is killed at random moments: nothing acknowledged is lost, no database is damaged", async ({ stack, browserName }, info) => {
  test.skip(browserName !== "chromium", "kills Chromium's processes");
  const rounds = Number(process.env.TUNETREES_KILL_ROUNDS ?? 20);
  test.setTimeout((60 + rounds * 30) * 1000);
  const seed = Number(process.env.TUNETREES_SEED ?? Date.now() % 1_000_000);
  const dice = chance(seed);
  const folder = mkdtempSync(join(tmpdir(), "tunetrees-kill-"));
  const use = info.project.use;
  const email = somebody();
  const diary = new Diary("Kill");
  let killed = 0;
  try {
    let device = await start(folder, stack, use);
    await device.signUp(email);
    await device.page.getByRole("link", { name: "Create a repertoire" }).click();
    await device.page.getByLabel("Name of the repertoire").fill("Kill");
    await device.page.getByRole("button", { name: "Create repertoire" }).click();
    await expect(device.page.getByRole("heading", { level: 1, name: "Catalog" })).toBeVisible();
    await diary.writeDown(device.page);
    for (let round = 0; round < rounds; round += 1) {
      const pause = 100 + dice(2_500);
      const end = new Promise((resolve) => setTimeout(() => resolve(killTree(folder)), pause));
      const closed = new Promise((resolve) => device.context.once("close", resolve));
      try {
        for (;;) {
          if (dice(4) === 0) await diary.rate(device.page, 5_000);
          else await diary.writeDown(device.page, 5_000);
        }
      } catch {
        // In the middle of something: that is the point.
      }
      killed += (await end) > 0 ? 1 : 0;
      await Promise.race([closed, new Promise((resolve) => setTimeout(resolve, 5_000))]);
      device = await start(folder, stack, use);
      await device.page.getByRole("navigation", { name: "Main" }).waitFor();
      await sound(device);
      await device.go("Repertoire");
      diary.check(await diary.titles(device.page), `on the device after round ${round} (seed ${seed})`);
    }
    await device.synced();
    await diary.checkServer(stack, email);
    await device.context.close();
  } finally {
    killTree(folder);
    rmSync(folder, { recursive: true, force: true });
  }
  console.log(`seed ${seed}: killed ${killed} times in ${rounds} rounds; ${diary.acknowledged.length} of ${diary.attempted.length} tunes, ${diary.ratings.acknowledged} of ${diary.ratings.attempted} ratings acknowledged, none lost`);
  expect(killed).toBe(rounds);
});
