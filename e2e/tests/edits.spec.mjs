// Edits travel; a broken network or server loses none of them.
import { expect, test } from "../fixtures.mjs";
import { somebody } from "../device.mjs";

async function retitle(device, title) {
  await device.page.getByRole("button", { name: "Edit", exact: true }).click();
  await device.editor().getByLabel("Title").fill(title);
  await device.editor().getByRole("button", { name: "Save", exact: true }).click();
  await expect(device.page.getByRole("heading", { level: 1, name: title })).toBeVisible();
}

test("a tune edited on one device shows on the other, as her version, and the catalog stays", async ({ device, stack }) => {
  const phone = await device();
  await phone.signIn("test2@example.com");
  await phone.synced();
  const laptop = await device();
  await laptop.signIn("test2@example.com");
  await laptop.synced();
  const [{ title }] = await stack.query("select title from tune where private_for is null order by title limit 1 offset 20");
  await phone.findTune(title);
  await laptop.findTune(title);
  await retitle(phone, `${title} (my way)`);
  await expect(laptop.page.getByRole("heading", { level: 1, name: `${title} (my way)` })).toBeVisible();
  expect(await stack.query("select count(*)::int as n from tune where title = $1", [title])).toEqual([{ n: 1 }]);
  await laptop.page.getByRole("button", { name: "Write a note" }).click();
  await laptop.page.getByRole("textbox", { name: "Note" }).fill("Slow down in the B part");
  await laptop.page.getByRole("button", { name: "Save note" }).click();
  await expect(phone.page.getByText("Slow down in the B part")).toBeVisible();
});

test("the server stops in the middle of a sync and comes back: nothing is lost, nothing doubles", async ({ device, stack }) => {
  const phone = await device();
  await phone.signUp(somebody());
  await phone.synced();
  await phone.page.getByRole("link", { name: "Create a repertoire" }).click();
  await phone.page.getByLabel("Name of the repertoire").fill("Box");
  await phone.page.getByRole("button", { name: "Create repertoire" }).click();
  await phone.addTunes(1);
  await phone.synced();
  // The next push is done by the server, but its answer never arrives; then the server is gone.
  await stack.fault({ match: { service: "rest", path_prefix: "/rest/v1/rpc/sync_push" }, times: 1, action: "drop_reply" });
  await phone.addTunes(3);
  await stack.stop();
  await phone.addTunes(2);
  await expect(phone.badge()).not.toHaveAttribute("data-phase", "synced");
  await stack.start();
  await phone.page.evaluate(() => window.dispatchEvent(new Event("online")));
  await phone.synced();
  const rows = await stack.query(
    "select count(*)::int as n, count(distinct tune_ref)::int as tunes from playlist_tune where not deleted and user_ref = (select id from auth.users order by created_at desc limit 1)",
  );
  expect(rows).toEqual([{ n: 6, tunes: 6 }]);
});
