// Figures of the sync in a real browser (Chromium, OPFS) against devstack, with 0 and 20 ms added to every request: edits pushed, rows
// pulled, reads meanwhile, from one device to another. Prints lines; `cargo xtask bench` shows them. No assertion: a figure is read.
//
// Calls go over the app's own line to its worker: a message that the page sent is taken as the pattern, its number and title replaced.
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { readFileSync } from "node:fs";
import { loadavg } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Device, somebody } from "./device.mjs";
import { launch } from "./profiles.mjs";
import { PASSWORD, Stack } from "./stack.mjs";

const numbers = (name, otherwise) => (process.env[name] ?? otherwise).split(",").filter(Boolean).map(Number);
const DELAYS = numbers("TUNETREES_BENCH_DELAYS", "0,20");
const PUSHES = numbers("TUNETREES_BENCH_PUSHES", "100,1000,10000");
const PULLS = numbers("TUNETREES_BENCH_PULLS", "1000,10000,50000");
const SAMPLES = Number(process.env.TUNETREES_BENCH_SAMPLES ?? 200);

const WIDE = 62;
const say = (name, text) => console.log(`${name.padEnd(WIDE)} ${text}`);
const at = (list, q) => [...list].sort((a, b) => a - b)[Math.min(list.length - 1, Math.floor(q * list.length))];
// Of up to a hundred the 99th of a hundred is the greatest, and no figure of its own.
const p99 = (list) => (list.length <= 100 ? "" : `   p99 ${at(list, 0.99).toFixed(1)}`);
const spread = (list) => `median ${at(list, 0.5).toFixed(1)} ms${p99(list)}   max ${at(list, 1).toFixed(1)}   n=${list.length}`;

/** In the page: keeps the worker and the last call sent to it; `again(change)` sends it once more under a new number. */
const tapTheLine = () => {
  const real = Worker.prototype.postMessage;
  const varint = (bytes, from) => {
    let value = 0, at = from;
    for (let shift = 0; ; shift += 7) {
      value += (bytes[at] & 127) * 2 ** shift;
      if (bytes[at++] < 128) return [value, at];
    }
  };
  const asVarint = (value) => {
    const out = [];
    for (; value > 127; value = Math.floor(value / 128)) out.push((value % 128) | 128);
    return [...out, value];
  };
  const CALL = 0, READY = 0, ANSWER = 1, CHANGED = 2, SYNC = 3, TAB = 18;
  const waiting = new Map();
  let number = 1_000_000;
  let started;
  const heard = ({ data }) => {
    const now = performance.now();
    const bytes = new Uint8Array(data);
    if (bytes[0] === READY) window.line.opened ??= now - started;
    if (bytes[0] === ANSWER) window.line.answered ??= now - started;
    if (bytes[0] === CHANGED) window.line.changes.push(performance.timeOrigin + now);
    if (bytes[0] === SYNC) window.line.onPhase?.(bytes[1], now);
    if (bytes[0] !== ANSWER) return;
    const [id] = varint(bytes, TAB);
    const [resolve, since] = waiting.get(id) ?? [];
    waiting.delete(id);
    resolve?.(now - since);
  };
  window.Worker = class extends Worker {
    constructor(...how) {
      super(...how);
      started ??= performance.now();
      this.addEventListener("message", heard);
    }
  };
  window.line = {
    changes: [],
    sent: [],
    again(pattern, title) {
      const [, oldestAt] = varint(pattern, TAB);
      const [, restAt] = varint(pattern, oldestAt);
      const id = asVarint((number += 1));
      const message = new Uint8Array([...pattern.slice(0, TAB), ...id, ...id, ...pattern.slice(restAt)]);
      if (title) {
        const text = new TextEncoder().encode(title);
        let found = -1;
        for (let n = 0; n < message.length - text.length && found < 0; n += 1) if (String.fromCharCode(...message.slice(n, n + 6)) === "Bench ") found = n;
        message.set(text, found);
      }
      return new Promise((resolve) => {
        waiting.set(number, [resolve, performance.now()]);
        real.call(window.line.worker, message, [message.buffer]);
      });
    },
  };
  Worker.prototype.postMessage = function (message, ...rest) {
    window.line.worker ??= this;
    const bytes = new Uint8Array(message).slice();
    if (bytes[0] === CALL) window.line.sent = [...window.line.sent.slice(-20), bytes];
    return real.call(this, message, ...rest);
  };
};

/** In the page: milliseconds from the browser's word that there is a network until the worker says that everything is sent and pulled, and
 * when that word came. (The badge shows each state for a while, for calm.) */
const untilSynced = () =>
  new Promise((resolve) => {
    const SYNCED = 1, OFFLINE = 3;
    addEventListener("online", () => {
      const from = performance.now();
      let begun = false;
      window.line.onPhase = (phase, now) => {
        begun ||= phase !== OFFLINE && phase !== SYNCED;
        if (begun && phase === SYNCED) {
          window.line.onPhase = undefined;
          resolve([now - from, performance.timeOrigin + from]);
        }
      };
    }, { once: true });
  });

/** With TUNETREES_BENCH_TRACE: every call of the sync with the moment it was made and how long it took, in ms since `from`. */
const traced = (device) => {
  const seen = [];
  if (!process.env.TUNETREES_BENCH_TRACE) return () => {};
  device.context.on("requestfinished", async (request) => {
    const [, name] = /\/(sync_\w+|token)/.exec(request.url()) ?? [];
    if (!name) return;
    const { startTime, responseStart, responseEnd } = request.timing();
    const sizes = await request.sizes();
    seen.push({ name, startTime, responseStart, responseEnd, sent: sizes.requestBodySize, got: sizes.responseBodySize });
  });
  return (from) => {
    for (const { name, startTime, responseStart, responseEnd, sent, got } of seen.filter((call) => call.startTime >= from - 1).sort((a, b) => a.startTime - b.startTime))
      say(`  ${name}`, `at ${(startTime - from).toFixed(0)}, first byte after ${responseStart.toFixed(0)}, all after ${responseEnd.toFixed(0)}   ${sent} → ${got} bytes`);
  };
};

const calls = async (stack, name) => (await (await fetch(`${stack.control}/stats`)).json())[`POST /rest/v1/rpc/${name}`] ?? 0;

const person = async (stack, browser, email = somebody(), known = false) => {
  const device = await Device.open(browser, stack.url, { prepare: (context) => context.addInitScript(tapTheLine) });
  await (known ? device.signIn(email) : device.signUp(email));
  await device.synced();
  return { device, email };
};

/** The message by which the page made a tune, and the one by which it searches. */
const patterns = async (device) => {
  await device.go("Catalog");
  await device.page.waitForTimeout(300);
  const search = await device.page.evaluate(() => [...window.line.sent.at(-1)]);
  await device.page.getByRole("link", { name: "New tune" }).click();
  await device.page.getByLabel("Title").first().fill("Bench tune 0000000");
  await device.page.getByRole("button", { name: "Save the tune" }).click();
  const create = await device.page.waitForFunction(() => {
    const found = window.line.sent.find((bytes) => String.fromCharCode(...bytes).includes("Bench tune"));
    return found && [...found];
  });
  await device.synced();
  return { search, create: await create.jsonValue() };
};

const online = async (device) => {
  const done = device.page.evaluate(untilSynced);
  await device.page.waitForTimeout(50);
  await device.context.setOffline(false);
  return done;
};

const delay = async (stack, milliseconds) => {
  await stack.noFaults();
  if (milliseconds) await stack.fault({ action: { delay_ms: milliseconds } });
};

const push = async (stack, browser) => {
  for (const milliseconds of DELAYS) {
    for (const edits of PUSHES) {
      await stack.query("update tune set title = 'counted' where title like 'Bench tune %'");
      const { device } = await person(stack, browser);
      const { create } = await patterns(device);
      await device.context.setOffline(true);
      await device.page.waitForTimeout(200);
      const made = await device.page.evaluate(async ([pattern, count]) => {
        const took = [];
        const make = (n) => window.line.again(pattern, `Bench tune ${String(n).padStart(7, "0")}`);
        // Some as a person makes them, the page having asked anew for what it shows; the rest twenty at a time.
        let n = 1;
        for (; n <= Math.min(50, count); n += 1) {
          took.push(await make(n));
          await new Promise((resolve) => setTimeout(resolve, 150));
        }
        for (; n <= count; n += 20) await Promise.all(Array.from({ length: Math.min(20, count - n + 1) }, (_, k) => make(n + k)));
        return took;
      }, [create, edits]);
      if (milliseconds === DELAYS[0]) say(`one durable edit, offline, at rest`, spread(made));
      await delay(stack, milliseconds);
      const before = await calls(stack, "sync_push");
      const tell = traced(device);
      const [took, from] = await online(device);
      const requests = (await calls(stack, "sync_push")) - before;
      const [{ there }] = await stack.query("select count(*)::integer as there from tune where title like 'Bench tune %'");
      if (there !== edits + 1) console.log(`  ${there} of ${edits + 1} are there`);
      const target = { 100: "0.3 s", 1000: "1 s", 10000: "3 s, 25 requests" }[edits];
      say(`${edits} edits of before, pushed, +${milliseconds} ms`, `${took.toFixed(0)} ms   ${requests} requests   load ${loadavg()[0].toFixed(1)}   target ${target}`);
      tell(from);
      await stack.noFaults();
      await device.close();
    }
  }
};

/** New rows of a person on the server: tunes, their places in a repertoire, ratings. */
const grow = async (stack, email, rows) => {
  const [{ id }] = await stack.query("select id from auth.users where email = $1", [email]);
  const third = Math.floor(rows / 3);
  const [{ playlist }] = await stack.query("insert into playlist (id, user_ref, name) values (gen_random_uuid(), $1, 'Bench') returning id as playlist", [id]);
  await stack.query(
    `with made as (insert into tune (id, title, type, mode, structure, incipit, private_for, device_id)
       select gen_random_uuid(), 'Tune number ' || n, 'Reel', 'D Major', 'AABB', '|: D2FA dAFA | D2FA BAFE :|', $1::uuid, gen_random_uuid()::text from generate_series(1, $3::integer) as n returning id),
     placed as (insert into playlist_tune (id, user_ref, playlist_ref, tune_ref, goal, device_id) select gen_random_uuid(), $1, $2, id, 'recall', gen_random_uuid()::text from made)
     insert into practice_record (id, user_ref, playlist_ref, tune_ref, practiced, quality, device_id)
       select gen_random_uuid(), $1, $2, id, now() - interval '3 days', 3, gen_random_uuid()::text from made`,
    [id, playlist, third],
  );
  await stack.query("insert into tune (id, title, private_for) select gen_random_uuid(), 'One more', $1 from generate_series(1, $2::integer)", [id, rows - 1 - 3 * third]);
};

/** Where pulls go, and the headers that say who asks. */
const signedIn = async (stack, email) => {
  const { supabase_url: url, supabase_key: key } = await (await fetch(`${stack.url}/config.json`)).json();
  const headers = { apikey: key, "content-type": "application/json" };
  const session = await (await fetch(`${url}/auth/v1/token?grant_type=password`, { method: "POST", headers, body: JSON.stringify({ email, password: PASSWORD }) })).json();
  return { calls: `${url}/rest/v1/rpc/sync_pull`, headers: { ...headers, authorization: `Bearer ${session.access_token}` } };
};

/** The same rows through nothing but fetch and SQLite's own build, in the same browser (`floor.mjs`). */
const floor = async (stack, browser, email) => {
  const here = dirname(fileURLToPath(import.meta.url));
  const context = await browser.newContext();
  await context.route("**/floor/*", (route) => {
    const name = new URL(route.request().url()).pathname.split("/").pop();
    route.fulfill({ path: name === "floor.mjs" ? join(here, name) : join(here, "node_modules/@sqlite.org/sqlite-wasm/dist", name) });
  });
  const page = await context.newPage();
  await page.goto(`${stack.url}/manifest.webmanifest`);
  const schema = readFileSync(join(here, "../migrations/sqlite/0001_schema.sql"), "utf8");
  const took = await page.evaluate(
    (task) =>
      new Promise((resolve, reject) => {
        const worker = new Worker("/floor/floor.mjs", { type: "module" });
        worker.onerror = (event) => reject(new Error(event.message ?? "the floor's worker failed"));
        worker.onmessage = ({ data }) => (data.failed ? reject(new Error(data.failed)) : resolve(data.took));
        worker.postMessage(task);
      }),
    { ...(await signedIn(stack, email)), schema },
  );
  await context.close();
  return took;
};

/** The pages of a whole pull as they travel. */
const weigh = async (stack, email) => {
  const { calls, headers } = await signedIn(stack, email);
  const size = { rows: 0, raw: 0, gzip: 0, brotli: 0 };
  for (let cursor = null, more = true; more; ) {
    const text = await (await fetch(calls, { method: "POST", headers, body: JSON.stringify({ cursor, page_limit: 500 }) })).text();
    const page = JSON.parse(text);
    [cursor, more] = [page.cursor, page.has_more];
    size.rows += page.rows.length;
    size.raw += Buffer.byteLength(text);
    size.gzip += gzipSync(text).length;
    size.brotli += brotliCompressSync(text, { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } }).length;
  }
  return size;
};

/** Ten times "Sync now" with nothing to sync, each until the worker says that it has caught up. */
const emptyPulls = async (stack, device, milliseconds) => {
  await device.synced();
  await device.page.waitForTimeout(1_000);
  await device.badge().click();
  await device.page.getByRole("dialog").getByRole("button", { name: "Sync now" }).click();
  await device.page.waitForTimeout(500);
  const before = await calls(stack, "sync_pull");
  const took = await device.page.evaluate(async () => {
    const pattern = window.line.sent.at(-1), took = [];
    for (let n = 0; n < 10; n += 1) {
      const from = performance.now();
      const caughtUp = new Promise((resolve) => { window.line.onPhase = (_, now) => resolve(now - from); });
      window.line.again(pattern);
      took.push(await caughtUp);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    window.line.onPhase = undefined;
    return took;
  });
  await device.page.keyboard.press("Escape");
  say(`an empty pull, stored, +${milliseconds} ms`, `${spread(took)}   ${((await calls(stack, "sync_pull")) - before) / 10} requests each   target 1`);
};

const pull = async (stack, browser) => {
  for (const milliseconds of DELAYS) {
    // Three times more with reads meanwhile, which take of the same processor: of one pull's eighty reads the longest would be the 99th of a hundred.
    const reads = [];
    const rounds = (rows) => (rows === 10000 ? [false, true, true, true] : [false]);
    for (const [rows, reading] of PULLS.flatMap((rows) => rounds(rows).map((reading) => [rows, reading]))) {
      const { device, email } = await person(stack, browser);
      const { search } = await patterns(device);
      await device.context.setOffline(true);
      await device.page.waitForTimeout(200);
      await grow(stack, email, rows);
      await delay(stack, milliseconds);
      const before = await calls(stack, "sync_pull");
      await device.page.evaluate(([pattern, on]) => {
        window.reads = [];
        window.reading = on;
        window.readAt = [];
        const next = () => window.reading && window.line.again(pattern).then((took) => { window.reads.push(took); window.readAt.push(performance.timeOrigin + performance.now() - took); setTimeout(next, 15); });
        next();
      }, [search, reading]);
      const tell = traced(device);
      const [took, from] = await online(device);
      const requests = (await calls(stack, "sync_pull")) - before;
      say(`${rows} rows pulled, +${milliseconds} ms${reading ? ", reading meanwhile" : ""}`, `${took.toFixed(0)} ms   ${((rows * 1000) / took).toFixed(0)} rows/s   ${requests} requests   load ${loadavg()[0].toFixed(1)}`);
      tell(from);
      if (reading) {
        reads.push(...(await device.page.evaluate(() => { window.reading = false; return window.reads; })));
        say("  searches of the catalog meanwhile, so far", `${spread(reads)}   target p99 50`);
        if (process.env.TUNETREES_BENCH_TRACE)
          for (const [begun, lasted] of await device.page.evaluate(() => window.readAt.map((begun, n) => [begun, window.reads[n]])))
            if (lasted > 40) say("  a long one", `at ${(begun - from).toFixed(0)}, ${lasted.toFixed(0)} ms`);
        await stack.noFaults();
        await device.close();
        continue;
      }
      const least = await floor(stack, browser, email);
      const sum = least.fetched + least.parsed + least.stored;
      say(`  the floor: ${least.rows} rows by fetch and SQLite alone`, `${sum.toFixed(0)} ms (fetched ${least.fetched.toFixed(0)}, parsed ${least.parsed.toFixed(0)}, stored ${least.stored.toFixed(0)})`);
      // The target is against the first: a pull has to fetch what it stores, so the least it could cost is both, without the engine. The second compares all of a
      // pull, the server's work among it, with writing alone: it says how much of a pull is not SQLite.
      const times = (floor) => `${(took / floor).toFixed(2)} times`;
      say("  the app takes", `${times(sum)} fetch and SQLite one after the other (target 1.6), ${times(least.stored)} SQLite alone`);
      if (milliseconds === DELAYS[0]) {
        const size = await weigh(stack, email);
        const each = (bytes) => (bytes / size.rows).toFixed(0);
        say("  bytes a row", `${each(size.raw)} raw, ${each(size.gzip)} gzip, ${each(size.brotli)} brotli 4   (${size.rows} rows)`);
      }
      if (milliseconds === DELAYS[0]) {
        await device.page.reload();
        const start = await device.page.waitForFunction(() => window.line.answered && [window.line.opened, window.line.answered]);
        const [opened, answered] = await start.jsonValue();
        say("  start with these rows", `database open ${opened.toFixed(0)} ms after the worker was started, first query answered after ${answered.toFixed(0)} ms`);
        await device.synced();
      }
      if (rows === PULLS[0]) await emptyPulls(stack, device, milliseconds);
      await stack.noFaults();
      await device.close();
    }
  }
};

const fromDeviceToDevice = async (stack, browser) => {
  for (const milliseconds of DELAYS) {
    const { device: a, email } = await person(stack, browser);
    const { create } = await patterns(a);
    const { device: b } = await person(stack, browser, email, true);
    await b.page.waitForTimeout(1_000);
    await delay(stack, milliseconds);
    const took = [];
    for (let n = 0; n < SAMPLES; n += 1) {
      await b.page.evaluate(() => { window.line.changes.length = 0; });
      const from = await a.page.evaluate(([pattern, title]) => {
        const now = performance.timeOrigin + performance.now();
        window.line.again(pattern, title);
        return now;
      }, [create, `Bench tune ${String(n + 1).padStart(7, "0")}`]);
      const heard = await b.page.waitForFunction(() => window.line.changes[0], null, { polling: 20, timeout: 20_000 });
      took.push((await heard.jsonValue()) - from);
      await b.page.waitForTimeout(150);
    }
    say(`an edit on A until stored on B, +${milliseconds} ms`, `${spread(took)}   target median 150`);
    await stack.noFaults();
    await a.close();
    await b.close();
  }
};

const stack = await Stack.create({ legacy: false });
const browser = await launch();
try {
  console.log(`OPFS, ${browser.where}, loopback`);
  if (SAMPLES) await fromDeviceToDevice(stack, browser);
  await push(stack, browser);
  await pull(stack, browser);
} finally {
  await browser.close();
  await stack.destroy();
}
