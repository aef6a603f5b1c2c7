// A forgotten password: a code that is typed in the app, another password, and nothing of what was not sent yet is lost.
import { expect, test } from "../fixtures.mjs";
import { two } from "../device.mjs";
import { accessible } from "../look.mjs";

const ask = async (device, email) => {
  await device.page.getByRole("link", { name: "Forgot your password?" }).click();
  await expect(device.page.getByRole("heading", { level: 1, name: "Forgotten password" })).toBeVisible();
  if (email) await device.page.getByLabel("E-mail").fill(email);
  await device.page.getByRole("button", { name: "Send me a code" }).click();
};
const type = async (device, code, password) => {
  await device.page.getByLabel("Code from the message").fill(code);
  await device.page.getByLabel("New password").fill(password);
  await device.page.getByRole("button", { name: "Change password and sign in" }).click();
};

test("with a mailed code another password is chosen, and what was made meanwhile without a network is sent", async ({ device, stack }) => {
  const { phone, email } = await two(device);
  await phone.synced();
  // The session ends on the server, as after a change of the password elsewhere; what she does goes on.
  await phone.context.setOffline(true);
  await phone.createTune("Not sent yet");
  await stack.query("delete from auth.sessions where user_id = (select id from auth.users where email = $1)", [email]);
  await stack.query("update auth.users set encrypted_password = '' where email = $1", [email]);
  await phone.settings("Account");

  await ask(phone);
  await expect(phone.page.getByText("You are offline. Sending a code needs the network", { exact: false })).toBeVisible();
  await expect(phone.page.getByText("Nothing is lost; try again when you are online.", { exact: false })).toBeVisible();
  await accessible(phone.page, "forgotten");
  await phone.context.setOffline(false);
  // The address is known already: she is signed in.
  await expect(phone.page.getByLabel("E-mail")).toHaveValue(email);
  await phone.page.getByRole("button", { name: "Send me a code" }).click();
  await expect(phone.page.getByText(`If there is an account for ${email}`, { exact: false })).toBeVisible();
  await accessible(phone.page, "forgotten-code");

  const code = await stack.mailedCode(email);
  await type(phone, code === "000000" ? "000001" : "000000", "a new password");
  await expect(phone.page.getByText("This code is wrong, or no longer good", { exact: false })).toBeVisible();
  // As it is copied from some messages.
  await type(phone, ` ${code.slice(0, 3)} ${code.slice(3)}`, "a new password");
  await expect(phone.page).toHaveURL(`${phone.url}/`, { timeout: 30_000 });
  await phone.synced();
  expect(await stack.tunes(email)).toEqual(["Not sent yet"]);

  const other = await device();
  await other.signIn(email, "a new password");
  await other.sees("Not sent yet");
});

test("a code that is too old is refused, and an unknown address is answered like a known one", async ({ device, stack }) => {
  const { phone, email } = await two(device);
  const other = await device();
  await other.page.goto(`${other.url}/sign-in`);
  await ask(other, "nobody@example.com");
  await expect(other.page.getByText("If there is an account for nobody@example.com", { exact: false })).toBeVisible();
  await other.page.getByRole("button", { name: "Another code or address" }).click();
  await other.page.getByLabel("E-mail").fill(email);
  await other.page.getByRole("button", { name: "Send me a code" }).click();
  await expect(other.page.getByText(`If there is an account for ${email}`, { exact: false })).toBeVisible();
  const code = await stack.mailedCode(email);
  await stack.query("update auth.users set recovery_sent_at = recovery_sent_at - interval '61 minutes' where email = $1", [email]);
  await type(other, code, "a new password");
  await expect(other.page.getByText("This code is wrong, or no longer good", { exact: false })).toBeVisible();
  // Nothing has changed.
  await phone.synced();
  await other.signIn(email);
});
