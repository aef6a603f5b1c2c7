// Without an account; then with one.
import { expect, test } from "../fixtures.mjs";
import { somebody } from "../device.mjs";
import { PASSWORD } from "../stack.mjs";

test("what was practised without an account is kept when she makes one", async ({ device, stack }) => {
  const phone = await device();
  await phone.startHere("Whistle");
  await phone.addTunes(3);
  await phone.go("Practice");
  const title = await phone.rate("good");
  await phone.submit();
  await expect(phone.badge()).toHaveAttribute("data-phase", "local");
  const email = somebody();
  await phone.signUp(email);
  await phone.synced();
  await expect(phone.line(title)).toContainText("Good");
  const rows = await stack.query(
    `select (select count(*)::int from playlist where user_ref = u.id) as playlists, (select count(*)::int from playlist_tune where user_ref = u.id) as tunes,
       (select count(*)::int from practice_record where user_ref = u.id) as records from auth.users u where email = $1`,
    [email],
  );
  expect(rows).toEqual([{ playlists: 1, tunes: 3, records: 1 }]);
  const laptop = await device();
  await laptop.signIn(email);
  await expect(laptop.line(title)).toContainText("Good", { timeout: 30_000 });
});

test("a cold start without a network works", async ({ device }) => {
  const phone = await device();
  await phone.startHere("Banjo");
  await phone.addTunes(2);
  await phone.installed();
  await phone.context.setOffline(true);
  await phone.page.close();
  phone.page = await phone.context.newPage();
  await phone.page.goto(phone.url);
  await expect(phone.page.getByTestId("current-tune")).toBeVisible();
  await phone.rate("easy");
});

test("where OPFS is missing, IndexedDB keeps the edits", async ({ device }) => {
  // The worker is fetched like any script: its private file system is taken away before it starts. No service worker, whose
  // requests could not be changed.
  const noOpfs = `Object.defineProperty(navigator.storage.constructor.prototype, "getDirectory", { value: () => Promise.reject(new DOMException("gone", "SecurityError")) });`;
  const prepare = (context) =>
    context.route("**/worker_loader.js", async (route) => {
      const reply = await route.fetch();
      await route.fulfill({ response: reply, body: `${noOpfs}\n${await reply.text()}` });
    });
  const phone = await device({ serviceWorkers: "block", prepare });
  await phone.startHere("Harp");
  await phone.addTunes(2);
  await phone.go("Practice");
  const title = await phone.rate("hard");
  await phone.page.reload();
  await expect(phone.line(title)).toContainText("Hard");
  await phone.settings("Sync and devices");
  await expect(phone.page.locator("#page").getByText("This browser's IndexedDB")).toBeVisible();
});

test("a wrong password and an unreachable server are told in words", async ({ device, stack }) => {
  const phone = await device();
  await phone.page.goto(`${phone.url}/sign-in`);
  await phone.page.getByLabel("E-mail").fill("test1@example.com");
  await phone.page.getByLabel("Password", { exact: true }).fill("wrong-password");
  await phone.page.getByRole("button", { name: "Sign in", exact: true }).click();
  await expect(phone.page.getByText("E-mail address or password are wrong.")).toBeVisible();
  const unreachable = phone.page.getByText(/The server cannot be reached.*Nothing is lost; try again when you are online\./);
  await stack.fault({ match: { service: "auth" }, action: "drop_request" });
  await phone.page.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await phone.page.getByRole("button", { name: "Sign in", exact: true }).click();
  await expect(unreachable).toBeVisible();
  // The words she typed are still there, and are enough once the server answers.
  await stack.noFaults();
  await phone.page.getByRole("button", { name: "Sign in", exact: true }).click();
  await expect(phone.page).toHaveURL(`${phone.url}/`);
  await phone.synced();
});

test("instruments that come while the first repertoire is being named push nothing away", async ({ device, stack }) => {
  await stack.fault({ match: { service: "rest", path_prefix: "/rest/v1/rpc/sync_pull" }, times: 1, action: { delay_ms: 5000 } });
  const phone = await device();
  await phone.page.getByRole("link", { name: "Start on this device" }).click();
  const name = phone.page.getByLabel("Name of the repertoire");
  await name.focus();
  await expect(phone.page.getByRole("group", { name: "Instrument" })).toBeHidden();
  const before = await name.boundingBox();
  const choose = phone.page.getByRole("button", { name: "Choose an instrument" });
  await expect(choose).toBeVisible({ timeout: 30_000 });
  expect(await name.boundingBox()).toEqual(before);
  await choose.click();
  await phone.page.getByRole("group", { name: "Instrument" }).getByText("Concertina").click();
  await phone.page.getByRole("button", { name: "Create repertoire" }).click();
  await expect(phone.page.locator(".repertoire-menu")).toContainText("Concertina");
});
