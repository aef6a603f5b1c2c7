// Lighthouse on its mobile profile (a slow phone on a slow network, simulated) against devstack: what a first visit is like, and what a signed-in one is.
// Prints lines; `cargo xtask bench` shows them. A figure is read, not passed.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "@playwright/test";
import lighthouse from "lighthouse";
import { Stack } from "./stack.mjs";

const PORT = 9345;
const TARGETS = { accessibility: 0.95, "best-practices": 1 };
const LCP = 2_000;

const stack = await Stack.create();
const profile = mkdtempSync(join(tmpdir(), "tunetrees-lighthouse-"));
const args = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--no-first-run", `--remote-debugging-port=${PORT}`];
const browser = await chromium.launchPersistentContext(profile, { executablePath: process.env.CHROMIUM || "/usr/bin/chromium", headless: true, args });
try {
  const measure = async (name, path, keep) => {
    const { lhr } = await lighthouse(`${stack.url}${path}`, { port: PORT, output: "json", logLevel: "error", disableStorageReset: keep, onlyCategories: ["performance", "accessibility", "best-practices"] });
    const lcp = lhr.audits["largest-contentful-paint"].numericValue;
    const score = (id) => `${id} ${Math.round(lhr.categories[id].score * 100)}${TARGETS[id] === undefined ? "" : ` (target ${TARGETS[id] * 100})`}`;
    console.log(`${name.padEnd(24)} ${["accessibility", "best-practices", "performance"].map(score).join("   ")}   LCP ${(lcp / 1000).toFixed(1)} s (target ${LCP / 1000} s)   FCP ${(lhr.audits["first-contentful-paint"].numericValue / 1000).toFixed(1)} s   TBT ${Math.round(lhr.audits["total-blocking-time"].numericValue)} ms`);
    for (const id of Object.keys(TARGETS)) {
      const failed = lhr.categories[id].auditRefs.map(({ id }) => lhr.audits[id]).filter((audit) => audit.score !== null && audit.score < 1 && !["informative", "manual", "notApplicable"].includes(audit.scoreDisplayMode));
      for (const audit of failed) console.log(`    ${id}: ${audit.title}: ${(audit.details?.items ?? []).slice(0, 3).map((item) => item.description ?? item.node?.snippet ?? item.url ?? item.issueType ?? JSON.stringify(item)).join(" | ").slice(0, 300)}`);
    }
  };
  await measure("first visit", "/", false);
  const page = await browser.newPage();
  await page.goto(`${stack.url}/sign-in`);
  await page.getByLabel("E-mail").fill("test1@example.com");
  await page.getByLabel("Password", { exact: true }).fill("tunetrees-demo");
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await page.getByTestId("current-tune").waitFor({ timeout: 60_000 });
  await page.close();
  for (const [name, path] of [["practice", "/"], ["repertoire", "/repertoire"], ["catalog", "/catalog"], ["analysis", "/analysis"], ["history", "/history"], ["settings", "/settings"]]) await measure(name, path, true);
} finally {
  await browser.close();
  rmSync(profile, { recursive: true, force: true });
  await stack.destroy();
}
