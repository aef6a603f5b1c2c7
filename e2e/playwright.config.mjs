// Real browsers, one at a time (two cores), each test with devices of its own against one devstack.
import { defineConfig, devices } from "@playwright/test";

const quiet = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"];
const chromium = { browserName: "chromium", launchOptions: { executablePath: process.env.CHROMIUM || "/usr/bin/chromium", args: quiet } };

export default defineConfig({
  testDir: "tests",
  outputDir: "results",
  fullyParallel: false,
  workers: 1,
  retries: 0,
  timeout: 120_000,
  expect: { timeout: 15_000 },
  reporter: [["list"], ["./times.mjs"]],
  use: { trace: "retain-on-failure", screenshot: "only-on-failure", timezoneId: "Europe/Dublin", locale: "en-IE" },
  projects: [{ name: "phone", use: { ...devices["Pixel 7"], viewport: { width: 390, height: 844 }, ...chromium } }],
});
