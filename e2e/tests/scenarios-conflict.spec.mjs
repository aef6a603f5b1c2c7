// The mission's scenarios, second part: both devices change the same tune.
import { expect, test } from "../fixtures.mjs";
import { two } from "../device.mjs";

/** Both have the tune open, and no network. */
async function apart(device) {
  const devices = await two(device);
  const { phone, laptop } = devices;
  const id = await phone.createTune("The Kesh");
  await phone.synced();
  await laptop.sees("The Kesh");
  await laptop.synced();
  for (const one of [phone, laptop]) {
    await one.openTune(id);
    await one.context.setOffline(true);
  }
  return { ...devices, id };
}

async function together({ phone, laptop }) {
  await phone.context.setOffline(false);
  await phone.synced();
  await laptop.context.setOffline(false);
  await laptop.synced();
  await phone.synced();
}

const row = async (stack, id) => (await stack.query("select title, type, mode, structure from tune where id = $1", [id]))[0];

test("different fields of one tune: both edits survive, and nobody is asked", async ({ device, stack }) => {
  const { phone, laptop, id } = await apart(device);
  await phone.editTune({ Title: "The Kesh Jig" });
  await laptop.editTune({ "Key and mode": "G Major", Structure: "AABB" });
  await together({ phone, laptop });
  expect(await row(stack, id)).toMatchObject({ title: "The Kesh Jig", mode: "G Major", structure: "AABB" });
  for (const one of [phone, laptop]) {
    await expect(one.page.getByRole("heading", { level: 1, name: "The Kesh Jig" })).toBeVisible();
    await expect(one.facts()).toContainText("G Major");
    await one.badge().click();
    await expect(one.page.getByRole("dialog", { name: "Sync" })).toBeVisible();
    await expect(one.page.getByRole("dialog", { name: "Sync" })).not.toContainText("Changed in two places");
    await one.closePanel();
  }
});

test("the same field of one tune: the later edit wins on both, whoever syncs first, and the other value is kept in the log", async ({ device, stack }) => {
  const { phone, laptop, id } = await apart(device);
  await laptop.editTune({ "Key and mode": "A Dorian" });
  await phone.editTune({ "Key and mode": "G Major" });
  // The phone wrote later and syncs first; the laptop, earlier, arrives last and must not win for that.
  await together({ phone, laptop });
  expect(await row(stack, id)).toMatchObject({ mode: "G Major" });
  for (const one of [phone, laptop]) await expect(one.facts()).toContainText("G Major");
  // It is told on the device that had to settle it, with both values.
  const told = await laptop.conflicts();
  await expect(told).toContainText("The Kesh");
  await expect(told).toContainText("A Dorian");
  await expect(told).toContainText("G Major");
});

test("deleted here, edited later there: the edit brings the tune back on both", async ({ device, stack }) => {
  const { phone, laptop, id } = await apart(device);
  await phone.deleteTune();
  await laptop.editTune({ Title: "The Kesh, still wanted" });
  await together({ phone, laptop });
  expect(await stack.query("select title, deleted from tune where id = $1", [id])).toEqual([{ title: "The Kesh, still wanted", deleted: false }]);
  for (const one of [phone, laptop]) {
    await one.sees("The Kesh, still wanted");
  }
});
