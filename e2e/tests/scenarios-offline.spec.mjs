// The mission's scenarios with two devices, first part: working without a network, and meeting again. PostgreSQL is asked, too.
import { expect, test } from "../fixtures.mjs";
import { two } from "../device.mjs";

test("create, edit and delete without a network; then all of it is on the server and on the other device", async ({ device, stack }) => {
  const { phone, laptop, email } = await two(device);
  const kept = await phone.createTune("Already there");
  const doomed = await phone.createTune("To be deleted");
  await phone.synced();
  await laptop.sees("Already there");

  await phone.context.setOffline(true);
  await phone.createTune("Made on the train");
  await phone.openTune(kept);
  await phone.editTune({ Title: "Edited on the train", "Key and mode": "D Major" });
  await phone.writeNote("Ask Mary for the third part");
  await phone.openTune(doomed);
  await phone.deleteTune();
  const early = await phone.createTune("Never mind");
  await phone.openTune(early);
  await phone.deleteTune();
  await phone.withoutNetwork();
  // Neither the server nor the other device knows anything yet.
  expect(await stack.tunes(email)).toEqual(["Already there", "To be deleted"]);
  await expect(laptop.listed("To be deleted")).toBeVisible();

  await phone.reconnected();
  await phone.synced();
  expect(await stack.tunes(email)).toEqual(["Edited on the train", "Made on the train"]);
  expect(await stack.query("select mode from tune where title = 'Edited on the train'")).toEqual([{ mode: "D Major" }]);
  expect(await stack.query("select deleted from tune where id = $1", [doomed])).toEqual([{ deleted: true }]);
  expect(await stack.query("select 1 from tune where id = $1", [early]), "made and deleted offline: nothing to tell").toEqual([]);
  await laptop.sees("Edited on the train");
  await laptop.sees("Made on the train");
  await expect(laptop.listed("To be deleted")).toHaveCount(0);
  await laptop.openTune(kept);
  await expect(laptop.page.getByText("Ask Mary for the third part")).toBeVisible();
});

test("a deleted tune comes back whole with Undo, also after it was synced", async ({ device, stack }) => {
  const { phone, laptop, email } = await two(device);
  const id = await phone.createTune("Farewell to Erin");
  await phone.openTune(id);
  await phone.writeNote("Second part twice");
  await phone.synced();
  await laptop.sees("Farewell to Erin");
  await phone.deleteTune();
  await expect(laptop.listed("Farewell to Erin")).toHaveCount(0);
  expect(await stack.tunes(email)).toEqual([]);
  await phone.page.getByRole("button", { name: "Undo" }).click();
  await expect(phone.page.getByRole("heading", { level: 1, name: "Farewell to Erin" })).toBeVisible();
  await expect(phone.page.getByText("Second part twice")).toBeVisible();
  await laptop.sees("Farewell to Erin");
  await phone.synced();
  expect(await stack.tunes(email)).toEqual(["Farewell to Erin"]);
});

test("ten tunes and five edits without a network arrive once each", async ({ device, stack }) => {
  const { phone, laptop, email } = await two(device);
  const five = [];
  for (let n = 1; n <= 5; n += 1) five.push(await phone.createTune(`Old ${n}`));
  await phone.synced();
  await phone.installed();
  await phone.context.setOffline(true);
  for (let n = 1; n <= 10; n += 1) await phone.createTune(`New ${String(n).padStart(2, "0")}`);
  for (const [n, id] of five.entries()) {
    await phone.openTune(id);
    await phone.editTune({ Title: `Edited ${n + 1}` });
  }
  expect((await stack.tunes(email)).length).toBe(5);
  // The tab is closed and opened again before there is a network. (Its new worker may send something before the browser's tools have told it
  // that it is offline: what is on the server then is no matter.)
  await phone.page.goto("about:blank");
  await phone.page.goto(phone.url);
  await phone.withoutNetwork();
  await phone.reconnected();
  await phone.synced();
  const expected = [...[1, 2, 3, 4, 5].map((n) => `Edited ${n}`), ...[...Array(10).keys()].map((n) => `New ${String(n + 1).padStart(2, "0")}`)];
  expect(await stack.tunes(email)).toEqual(expected);
  await expect(laptop.page.getByTestId("tune-row")).toHaveCount(15);
  for (const title of expected) await expect(laptop.listed(title)).toBeVisible();
  const writes = expected.map((title) => [title, title.startsWith("Edited") ? 2 : 1]);
  expect(await stack.writes(email), "an edit is one change, not several").toEqual(Object.fromEntries(writes));
});
