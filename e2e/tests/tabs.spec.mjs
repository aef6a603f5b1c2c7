// Several tabs of one browser: one is in charge, all work; it goes, another takes over.
import { expect, test } from "../fixtures.mjs";
import { somebody } from "../device.mjs";
import { chance, Diary, listed } from "../diary.mjs";

test.describe.configure({ retries: 0 });

const another = async (device) => {
  const page = await device.context.newPage();
  page.on("pageerror", (error) => device.problems.push(String(error)));
  await page.goto(device.url);
  await page.getByRole("navigation", { name: "Main" }).waitFor();
  return page;
};

/** The tunes of the repertoire, as that tab shows them. */
const repertoire = async (page) => {
  await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Repertoire", exact: true }).click();
  return (await listed(page)).sort();
};

/** How long from now until a worker says something to the tabs. */
const nextWord = (page) =>
  page.evaluate(
    () =>
      new Promise((resolve) => {
        const channel = new BroadcastChannel("tunetrees-tabs");
        const from = performance.now();
        channel.onmessage = ({ data }) => {
          if (data[1] !== "from worker") return;
          channel.close();
          resolve(performance.now() - from);
        };
      }),
  );

test("a second tab works like the first, sees its edits, and goes on when it closes", async ({ device }) => {
  const phone = await device();
  await phone.startHere("Concertina");
  const second = await another(phone);
  const diary = new Diary("Second");
  await diary.writeDown(second);
  await phone.go("Repertoire");
  await expect(phone.page.getByText("Second 1")).toBeVisible();
  await diary.writeDown(phone.page);
  await diary.rate(second);
  await phone.page.close();
  await diary.writeDown(second);
  phone.page = second;
  diary.check((await repertoire(second)).map((text) => /Second \d+/.exec(text)[0]), "in the repertoire");
});

test("another tab takes over when the one in charge is closed, reloaded, put aside, or hangs", async ({ device }) => {
  test.setTimeout(180_000);
  const phone = await device();
  await phone.startHere("Bouzouki");
  const diary = new Diary("Takeover");
  const took = {};
  /** What happens to the tab in charge, beside one other; that one is in charge then, and works. */
  const measure = async (how, act) => {
    const owner = phone.page;
    const watcher = await another(phone);
    const heard = nextWord(watcher);
    await act(owner);
    await diary.writeDown(watcher, 60_000);
    took[how] = Math.round(await heard);
    phone.page = watcher;
    return owner;
  };
  await measure("closed", (page) => page.close());
  const reloaded = await measure("reloaded", (page) => page.reload());
  // It comes back as one of the others.
  await diary.writeDown(reloaded);
  await reloaded.close();
  // What the browser says when it freezes a tab, and when that comes back.
  const aside = await measure("put aside", (page) => page.evaluate(() => void document.dispatchEvent(new Event("freeze"))));
  await aside.evaluate(() => void document.dispatchEvent(new Event("resume")));
  await diary.writeDown(aside);
  await aside.close();
  // Page and worker stand still without a word, as under a debugger or in a machine that swaps: the files are not free before they move again.
  const still = `(() => { const until = Date.now() + 18_000; while (Date.now() < until); })()`;
  let moved;
  const hung = await measure("hung", async (page) => {
    moved = Promise.allSettled([page.workers()[0].evaluate(still), page.evaluate(still)]);
  });
  await moved;
  await diary.writeDown(hung);
  expect(await repertoire(hung)).toEqual(await repertoire(phone.page));
  diary.check((await repertoire(hung)).map((text) => /Takeover \d+/.exec(text)[0]), "in the repertoire");
  console.log(`taken over after, in ms: ${JSON.stringify(took)}`);
  for (const how of ["closed", "reloaded", "put aside"]) expect(took[how], how).toBeLessThan(5_000);
  expect(took.hung).toBeLessThan(35_000);
});

test("without Web Locks and OPFS two tabs may both take charge, but only one writes: every acknowledged edit is there", async ({ device }) => {
  test.setTimeout(120_000);
  const prepare = async (context) => {
    await context.addInitScript(() => Object.defineProperty(Navigator.prototype, "locks", { value: undefined }));
    const none = `Object.defineProperty(navigator.storage.constructor.prototype, "getDirectory", { value: () => Promise.reject(new DOMException("gone", "SecurityError")) });`;
    await context.route("**/worker_loader.js", async (route) => {
      const reply = await route.fetch();
      await route.fulfill({ response: reply, body: `${none}\n${await reply.text()}` });
    });
  };
  const phone = await device({ serviceWorkers: "block", prepare });
  await phone.startHere("Lute");
  const diary = new Diary("Fence");
  await diary.writeDown(phone.page);
  await phone.settings("Sync and devices");
  await expect(phone.page.locator("#page").getByText(/IndexedDB/).first()).toBeVisible();
  const second = await another(phone);
  // Both start anew at the same moment: neither hears the other in time.
  await Promise.all([phone.page.goto(phone.url), second.goto(phone.url)]);
  for (const page of [phone.page, second]) await page.getByRole("navigation", { name: "Main" }).waitFor();
  await expect.poll(() => phone.page.workers().length + second.workers().length).toBe(2);
  for (let n = 0; n < 4; n += 1) for (const page of [phone.page, second]) await diary.writeDown(page, 40_000);
  await second.close();
  await phone.page.reload();
  diary.check((await repertoire(phone.page)).map((text) => /Fence \d+/.exec(text)[0]), "in the repertoire");
});

test("a worker that stops by an error, or without a word, is replaced, and the edit it was asked for is done once", async ({ device }) => {
  const phone = await device();
  await phone.startHere("Piano");
  const diary = new Diary("Worker");
  await diary.writeDown(phone.page);
  await phone.page.workers()[0].evaluate(() => void setTimeout(() => { throw new Error("as if by a defect"); }));
  await diary.writeDown(phone.page);
  await phone.page.workers()[0].evaluate(() => self.close());
  await diary.writeDown(phone.page, 40_000);
  expect(await repertoire(phone.page)).toHaveLength(3);
  phone.problems = phone.problems.filter((problem) => !problem.includes("as if by a defect"));
});

test("a page that came back by the back button works again", async ({ device }) => {
  const phone = await device();
  await phone.startHere("Fiddle");
  const diary = new Diary("Back");
  await diary.writeDown(phone.page);
  await phone.page.goto("about:blank");
  await phone.page.goBack();
  await diary.writeDown(phone.page);
  expect(await repertoire(phone.page)).toHaveLength(2);
});

test("three tabs open, close and reload for a while, with edits and a sync: nothing is lost, nothing is done twice", async ({ device, stack }) => {
  const seconds = Number(process.env.TUNETREES_TABS_SECONDS ?? 60);
  test.setTimeout((seconds + 180) * 1000);
  const seed = Number(process.env.TUNETREES_SEED ?? Date.now() % 1_000_000);
  const dice = chance(seed);
  const phone = await device();
  const email = somebody();
  await phone.signUp(email);
  await phone.page.getByRole("link", { name: "Create a repertoire" }).click();
  await phone.page.getByLabel("Name of the repertoire").fill("Three tabs");
  await phone.page.getByRole("button", { name: "Create repertoire" }).click();
  await expect(phone.page.getByRole("heading", { level: 1, name: "Catalog" })).toBeVisible();
  const diary = new Diary("Tab");
  const tabs = [phone.page, await another(phone), await another(phone)];
  const done = { closed: 0, reloaded: 0, cut: 0 };
  const until = Date.now() + seconds * 1000;
  while (Date.now() < until) {
    const at = dice(tabs.length);
    const page = tabs[at];
    switch (dice(8)) {
      case 0:
        await page.close();
        tabs[at] = await another(phone);
        done.closed += 1;
        break;
      case 1:
        await page.reload();
        done.reloaded += 1;
        break;
      case 2: {
        // Another tab goes in the middle of this one's edit: whoever answers, it is done once.
        const victim = tabs[(at + 1) % tabs.length];
        await Promise.all([diary.writeDown(page), new Promise((resolve) => setTimeout(resolve, dice(400))).then(() => victim.reload())]);
        done.cut += 1;
        break;
      }
      case 3: {
        // This one goes in the middle of its own edit: acknowledged or not, it is there once at most.
        const pause = dice(500);
        await Promise.all([diary.writeDown(page, 3_000).catch(() => {}), new Promise((resolve) => setTimeout(resolve, pause)).then(() => page.reload())]);
        done.cut += 1;
        break;
      }
      case 4:
        await diary.rate(page);
        break;
      default:
        await diary.writeDown(page);
    }
  }
  console.log(`seed ${seed}: ${diary.acknowledged.length} of ${diary.attempted.length} tunes and ${diary.ratings.acknowledged} of ${diary.ratings.attempted} ratings acknowledged, ${JSON.stringify(done)}`);
  [phone.page] = tabs;
  await phone.synced();
  const lists = [];
  for (const page of tabs) lists.push(await repertoire(page));
  expect(lists[1]).toEqual(lists[0]);
  expect(lists[2]).toEqual(lists[0]);
  await diary.checkServer(stack, email);
  const [{ n }] = await stack.query("select count(*)::int as n from tune t join auth.users u on u.id = t.private_for where u.email = $1 and not t.deleted", [email]);
  // The list holds only the rows near the window.
  for (const page of tabs) await expect(page.getByTestId("total")).toContainText(`${n} tune`);
});
