// Acceptance tests 13 and 14 (the others: tests/acceptance): signing out with unsent work, and two people on one device.
import { expect, test } from "../fixtures.mjs";
import { somebody, two } from "../device.mjs";

const signOut = async (device) => {
  await device.settings("Account");
  await device.page.getByRole("button", { name: "Sign out", exact: true }).click();
};

test("13. signing out with unsent work asks; cancelled, nothing happens; kept, it is sent at the next sign-in", async ({ device, stack }) => {
  const { phone, email } = await two(device);
  await phone.context.setOffline(true);
  await phone.createTune("Not sent yet");
  await signOut(phone);
  const question = phone.page.getByRole("dialog", { name: /not sent yet/ });
  await expect(question).toBeVisible();
  await question.getByRole("button", { name: "Cancel" }).click();
  await expect(phone.page.getByText(`Signed in as ${email}`)).toBeVisible();
  await signOut(phone);
  await question.getByRole("button", { name: /^Keep/ }).click();
  await expect(phone.page.getByText("without an account")).toBeVisible();
  await phone.context.setOffline(false);
  expect(await stack.tunes(email)).toEqual([]);
  await phone.signIn(email);
  await phone.sees("Not sent yet");
  await phone.synced();
  expect(await stack.tunes(email)).toEqual(["Not sent yet"]);
});

test("14. another person on the same device sees nothing of the first, sends nothing of hers, and pulls all of her own", async ({ device, stack }) => {
  const other = somebody();
  const elsewhere = await device();
  await elsewhere.signUp(other);
  await elsewhere.firstRepertoire("Harp");
  await elsewhere.createTune("The other person's");
  await elsewhere.synced();

  const { phone, email } = await two(device);
  await phone.createTune("Hers, sent");
  await phone.synced();
  await phone.context.setOffline(true);
  await phone.createTune("Hers, kept here");
  await signOut(phone);
  await phone.page.getByRole("dialog", { name: /not sent yet/ }).getByRole("button", { name: /^Keep/ }).click();
  await expect(phone.page.getByText("without an account")).toBeVisible();
  await phone.context.setOffline(false);

  await phone.signIn(other);
  await phone.synced();
  // Her own cursor: everything of hers came, although this device had pulled far beyond it as somebody else.
  await phone.sees("The other person's");
  await expect(phone.page.getByTestId("tune-row")).toHaveCount(1);
  await phone.go("Catalog");
  await phone.page.getByLabel("Search the catalog").fill("Hers");
  await expect(phone.listed("Hers, sent")).toHaveCount(0);
  await phone.createTune("Made here by the other");
  await phone.synced();
  expect(await stack.tunes(other)).toEqual(["Made here by the other", "The other person's"]);
  expect(await stack.tunes(email), "nothing goes out under another name").toEqual(["Hers, sent"]);

  await signOut(phone);
  await expect(phone.page.getByText("without an account")).toBeVisible();
  await phone.signIn(email);
  await phone.sees("Hers, kept here");
  await phone.synced();
  expect(await stack.tunes(email)).toEqual(["Hers, kept here", "Hers, sent"]);
  await expect(phone.page.getByTestId("tune-row")).toHaveCount(2);
});
