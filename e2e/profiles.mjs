// The browser of the benchmarks: every device has a profile of its own on the disk, as a musician has. (A context of one browser is a private window:
// its OPFS is in the memory of another process, every read and write is a message to it, and a pull takes six times as long.)
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "@playwright/test";

const CHROMIUM = process.env.CHROMIUM || "/usr/bin/chromium";
const ARGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"];

const onDisk = {
  where: "profiles on the disk",
  async newContext({ args = [], ...options } = {}) {
    const folder = mkdtempSync(join(tmpdir(), "tunetrees-bench-"));
    const context = await chromium.launchPersistentContext(folder, { executablePath: CHROMIUM, args: [...ARGS, ...args], ...options });
    const close = context.close.bind(context);
    context.close = async () => {
      await close();
      rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
    };
    return context;
  },
  async close() {},
};

/** With TUNETREES_BENCH_PRIVATE: private windows, as figures before 29 November 2026 were measured. */
export const launch = async () => {
  if (!process.env.TUNETREES_BENCH_PRIVATE) return onDisk;
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: ARGS });
  return Object.assign(browser, { where: "private windows" });
};
