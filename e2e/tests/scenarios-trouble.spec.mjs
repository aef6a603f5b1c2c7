// The mission's scenarios, third part: the network and the server misbehave.
import { expect, test } from "../fixtures.mjs";
import { two } from "../device.mjs";

const PUSH = { service: "rest", path_prefix: "/rest/v1/rpc/sync_push" };
const PULL = { service: "rest", path_prefix: "/rest/v1/rpc/sync_pull" };

/** Every change of a tune on the server while `work` runs: which device made it, and what it changed. */
const changes = async (stack, work) => {
  await stack.query("create table tune_change (device text, changed jsonb)");
  await stack.query(`create function note_tune_change() returns trigger language plpgsql security definer as $$ begin
    insert into tune_change select new.device_id, jsonb_object_agg(n.key, jsonb_build_array(o.value, n.value))
      from jsonb_each(to_jsonb(new)) n join jsonb_each(to_jsonb(old)) o using (key) where n.value is distinct from o.value;
    return new; end $$`);
  await stack.query("create trigger note_change after update on tune for each row execute function note_tune_change()");
  try {
    await work();
    return await stack.query("select device, changed from tune_change");
  } finally {
    await stack.query("drop trigger note_change on tune");
    await stack.query("drop function note_tune_change");
    await stack.query("drop table tune_change");
  }
};

test("the network is cut in the middle of a sync: before the call, before its answer, and the socket with it", async ({ device, stack }) => {
  const { phone, laptop, email } = await two(device);
  const twice = await changes(stack, async () => {
    for (const [n, action] of ["drop_request", "drop_reply", "drop_reply"].entries()) {
      await stack.fault({ match: PUSH, times: 1, action });
      if (n === 2) await stack.fault({ match: PULL, times: 2, action: "drop_request" });
      await stack.cutSockets();
      await phone.createTune(`Cut ${n + 1}`);
      await expect.poll(() => stack.tunes(email), { timeout: 30_000 }).toContain(`Cut ${n + 1}`);
      await phone.synced();
      await laptop.sees(`Cut ${n + 1}`);
    }
  });
  expect(await stack.tunes(email)).toEqual(["Cut 1", "Cut 2", "Cut 3"]);
  expect(twice, "a call without an answer was not done twice").toEqual([]);
});

test("one bad row among good ones: the good ones arrive, the bad one is listed with the reason, and can be mended", async ({ device, stack }) => {
  await stack.query("alter table tune add constraint no_swearing check (title not like '%damn%')");
  try {
    const { phone, laptop, email } = await two(device);
    await phone.context.setOffline(true);
    await phone.createTune("Good before");
    const bad = await phone.createTune("The damn reel");
    await phone.createTune("Good after");
    await phone.context.setOffline(false);
    await expect(phone.badge()).toHaveAttribute("data-phase", "attention", { timeout: 30_000 });
    expect(await stack.tunes(email)).toEqual(["Good after", "Good before"]);
    await laptop.sees("Good before");
    await laptop.sees("Good after");
    await expect(await phone.refused()).toContainText("The damn reel");
    await phone.closePanel();
    await phone.openTune(bad);
    await phone.editTune({ Title: "The polite reel" });
    await phone.synced();
    expect(await stack.tunes(email)).toEqual(["Good after", "Good before", "The polite reel"]);
    await laptop.sees("The polite reel");
  } finally {
    await stack.query("alter table tune drop constraint no_swearing");
  }
});

test("the server is down while both work, and comes back", async ({ device, stack }) => {
  const { phone, laptop, email } = await two(device);
  const shared = await phone.createTune("Shared");
  await phone.synced();
  await laptop.sees("Shared");
  await laptop.synced();
  await stack.stop();
  await phone.createTune("From the phone");
  await laptop.createTune("From the laptop");
  await laptop.openTune(shared);
  await laptop.editTune({ "Key and mode": "D Major" });
  for (const one of [phone, laptop]) await expect(one.badge()).toHaveAttribute("data-phase", /retrying|offline/, { timeout: 30_000 });
  await stack.start();
  // By themselves, without anybody pressing anything: within the longest pause.
  for (const one of [phone, laptop]) await expect(one.badge()).toHaveAttribute("data-phase", "synced", { timeout: 75_000 });
  await expect.poll(() => stack.tunes(email)).toEqual(["From the laptop", "From the phone", "Shared"]);
  expect(await stack.query("select mode from tune where id = $1", [shared])).toEqual([{ mode: "D Major" }]);
  await laptop.sees("From the phone");
  await phone.sees("From the laptop");
});
