// The analysis over 100,000 ratings in a browser: as the worker answers it (WebAssembly, the private file system), and until it is painted. Prints lines
// `name: value`; `cargo xtask bench` shows them. No assertion: a figure is read, not passed. tests/bench/analysis.rs is the same without a browser.
import { Device, somebody } from "./device.mjs";
import { launch } from "./profiles.mjs";
import { Stack } from "./stack.mjs";

const ratings = Number(process.env.TUNETREES_BENCH_HISTORY ?? 100_000);
const rounds = Number(process.env.TUNETREES_BENCH_ROUNDS ?? 9);
const TUNES = 1_000;

const report = (name, list, target) => {
  const s = [...list].sort((a, b) => a - b);
  const at = (q) => s[Math.min(s.length - 1, Math.ceil(q * s.length) - 1)].toFixed(0).padStart(5);
  console.log(`${name.padEnd(68)} median ${at(0.5)} ms   p95 ${at(0.95)}   max ${at(1)}   n=${s.length}${target ? `   target ${target}` : ""}`);
};

/** Three years of practice of a thousand tunes. */
const fill = async (stack, email) => {
  const [{ id }] = await stack.query("select id from auth.users where email = $1", [email]);
  const [{ playlist }] = await stack.query("select id as playlist from playlist where user_ref = $1 limit 1", [id]);
  await stack.query(
    `with made as (insert into tune (id, title, type, mode, private_for, device_id)
       select gen_random_uuid(), 'Tune number ' || n, case n % 3 when 0 then 'Jig' when 1 then 'Reel' else 'Polka' end, 'D Major', $1::uuid, 'bench' from generate_series(1, $3::integer) as n returning id)
     insert into playlist_tune (id, user_ref, playlist_ref, tune_ref, goal, device_id) select gen_random_uuid(), $1, $2, id, 'recall', 'bench' from made`,
    [id, playlist, TUNES],
  );
  const each = Math.ceil(ratings / TUNES);
  await stack.query(
    `insert into practice_record (id, user_ref, playlist_ref, tune_ref, practiced, quality, stability, difficulty, state, due, device_id)
       select gen_random_uuid(), $1, $2, p.tune_ref, now() - (n * 1095.0 / $3) * interval '1 day' - p.place * interval '61 seconds', 1 + (n + p.place) % 4, 5 + n, 5, 2,
              now() - ((n - 1) * 1095.0 / $3) * interval '1 day', 'bench'
       from (select tune_ref, row_number() over (order by tune_ref) as place from playlist_tune where playlist_ref = $2) as p, generate_series(1, $3::integer) as n`,
    [id, playlist, each],
  );
};

const stack = await Stack.create({ legacy: false });
const browser = await launch();
try {
  const email = somebody();
  const first = await Device.open(browser, stack.url);
  await first.signUp(email);
  await first.firstRepertoire("Flute");
  await first.synced();
  await first.close();
  await fill(stack, email);
  // What goes to the worker and comes back, by their length: the longest answer to the request that opens the page is the analysis.
  const prepare = (context) =>
    context.addInitScript(() => {
      const sent = Worker.prototype.postMessage;
      window.talk = [];
      Worker.prototype.postMessage = function (...what) {
        if (!this.heard) {
          this.heard = true;
          this.addEventListener("message", (event) => window.talk.push(["answer", performance.now(), event.data.byteLength]));
        }
        window.talk.push(["call", performance.now(), what[0].byteLength]);
        return sent.apply(this, what);
      };
    });
  const device = await Device.open(browser, stack.url, { prepare });
  const { page } = device;
  await device.signIn(email);
  const began = Date.now();
  await page.locator('[data-testid=sync-badge][data-phase="synced"]').waitFor({ timeout: 600_000 });
  console.log(`${ratings} ratings of ${TUNES} tunes received in ${((Date.now() - began) / 1000).toFixed(1)} s`);
  const answered = [];
  const painted = [];
  for (let n = 0; n < rounds + 1; n += 1) {
    await device.go("Settings");
    // Whatever follows a pull is over.
    await new Promise((resolve) => setTimeout(resolve, n === 0 ? 5_000 : 700));
    const [calculated, shown] = await page.evaluate(
      () =>
        new Promise((resolve) => {
          window.talk.length = 0;
          const started = performance.now();
          document.querySelector('.tabs a[href="/analysis"]').click();
          const look = () => {
            if (!document.querySelector(".analysis .calendar rect")) return requestAnimationFrame(look);
            setTimeout(() => {
              const shown = performance.now() - started;
              const asked = window.talk.find(([kind]) => kind === "call")[1];
              const [, at] = window.talk.filter(([kind]) => kind === "answer").reduce((a, b) => (b[2] > a[2] ? b : a));
              resolve([at - asked, shown]);
            });
          };
          requestAnimationFrame(look);
        }),
    );
    // The first one fills the cache of pages, as the native one does on opening.
    if (n > 0) {
      answered.push(calculated);
      painted.push(shown);
    } else {
      report("the analysis, for the first time since the start: answered", [calculated]);
    }
  }
  report(`the analysis of ${ratings} ratings: answered by the worker`, answered, "200");
  report(`the analysis of ${ratings} ratings: from the tap until it is painted`, painted);
  await device.close();
} finally {
  await browser.close();
  await stack.destroy();
}
