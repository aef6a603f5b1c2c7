// Real browsers, two files of tests at a time (two cores), each with a backend of its own and each test with devices of its own.
// TUNETREES_TRACE=1 keeps a trace of what fails (and takes a third longer).
import { defineConfig, devices } from "@playwright/test";

const quiet = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"];
const chromium = { browserName: "chromium", launchOptions: { executablePath: process.env.CHROMIUM || "/usr/bin/chromium", args: quiet } };

export default defineConfig({
  testDir: "tests",
  outputDir: "results",
  fullyParallel: false,
  workers: Number(process.env.TUNETREES_E2E_WORKERS ?? 2),
  // A loaded machine may make a test wait too short a time: in CI such a one is played again, and named at the end. Where chance is the point
  // of the test, a failure is a finding: those files say `retries: 0`.
  retries: process.env.CI ? 1 : 0,
  timeout: 120_000,
  expect: { timeout: 15_000 },
  reporter: [["list"], ["./times.mjs"]],
  use: { trace: process.env.TUNETREES_TRACE ? "retain-on-failure" : "off", screenshot: "only-on-failure", timezoneId: "Europe/Dublin", locale: "en-IE" },
  projects: [{ name: "phone", use: { ...devices["Pixel 7"], viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, ...chromium } }],
});
