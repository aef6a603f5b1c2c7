// Lighthouse with its mobile profile, on the first visit's welcome and on practice with data. Prints lines `name: value` and whatever audit costs points;
// `cargo xtask bench` shows them. No assertion: a figure is read, not passed.
import { createServer } from "node:net";
import lighthouse from "lighthouse";
import { Device } from "./device.mjs";
import { launch } from "./profiles.mjs";
import { Stack } from "./stack.mjs";

const freePort = () =>
  new Promise((resolve) => {
    const server = createServer();
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });

const percent = (category) => Math.round((category.score ?? 0) * 100);

/** Loads a page as Lighthouse's phone does; what is stored stays. */
const look = async (name, url, port) => {
  const found = await lighthouse(url, { port, output: "json", logLevel: "error", disableStorageReset: true, onlyCategories: ["performance", "accessibility", "best-practices"] });
  if (!found || found.lhr.runtimeError) throw new Error(`Lighthouse could not look at ${url}: ${found?.lhr.runtimeError?.message ?? "no answer"}`);
  const { audits, categories } = found.lhr;
  const [paint] = audits["lcp-breakdown-insight"]?.details?.items?.flatMap((item) => (item.type === "node" ? [item.nodeLabel] : [])) ?? [];
  console.log(`Lighthouse, ${name}: accessibility ${percent(categories.accessibility)} (target ≥ 95), best practices ${percent(categories["best-practices"])} (target 100), ` +
    `largest paint ${(audits["largest-contentful-paint"].numericValue / 1000).toFixed(1)} s (target ≤ 2)${paint ? `: “${paint.slice(0, 40)}”` : ""}, first paint ${(audits["first-contentful-paint"].numericValue / 1000).toFixed(1)} s`);
  for (const category of ["accessibility", "best-practices"]) {
    const lost = categories[category].auditRefs.filter(({ id, weight }) => weight > 0 && (audits[id].score ?? 1) < 1);
    for (const { id } of lost) {
      const items = (audits[id].details?.items ?? []).slice(0, 4).map((item) => item.description ?? item.node?.snippet ?? item.url ?? item.value ?? item.source ?? "");
      console.log(`  costs points, ${id}: ${audits[id].title}${items.length ? `: ${items.join(" | ")}` : ""}`);
    }
  }
};

const stack = await Stack.create();
try {
  const port = await freePort();
  const browser = await launch();
  const context = await browser.newContext({ args: [`--remote-debugging-port=${port}`], viewport: { width: 390, height: 844 } });
  try {
    await look("welcome, first visit", stack.url, port);
    const device = new Device();
    Object.assign(device, { context, page: await context.newPage(), url: stack.url, problems: [] });
    await device.page.goto(stack.url);
    await device.signIn("test1@example.com");
    await device.synced();
    await device.page.getByTestId("current-tune").waitFor();
    // Another tab would be in charge of the database.
    await device.page.goto("about:blank");
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    await look("practice with data", stack.url, port);
  } finally {
    await context.close();
  }
} finally {
  await stack.destroy();
}
