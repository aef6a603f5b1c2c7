// A picture in a note: described by whoever puts it in, readable, and small enough to be sent.
import { expect, test } from "../fixtures.mjs";
import { two } from "../device.mjs";
import { accessible } from "../look.mjs";

test("a picture is described, stays readable, and comes to the other device", async ({ device }) => {
  const { phone, laptop } = await two(device);
  const { page } = phone;
  const id = await phone.createTune("From the blackboard");
  // A page of music as a camera sees it: many fine lines, and noise that no encoder makes small.
  const drawn = await page.evaluate(() => {
    const canvas = Object.assign(document.createElement("canvas"), { width: 3000, height: 2200 });
    const context = canvas.getContext("2d");
    context.fillStyle = "white";
    context.fillRect(0, 0, 3000, 2200);
    const noise = context.getImageData(0, 0, 3000, 2200);
    let seed = 1;
    for (let n = 0; n < noise.data.length; n += 4) {
      seed = (seed * 16807) % 2147483647;
      const grey = 200 + (seed % 55);
      noise.data.set([grey, grey, grey, 255], n);
    }
    context.putImageData(noise, 0, 0);
    return canvas.toDataURL("image/png").split(",")[1];
  });
  await page.getByRole("button", { name: "Write a note" }).click();
  const note = page.getByRole("textbox", { name: "Note" });
  await note.click();
  await page.keyboard.type("Before ");
  await page.getByLabel("Picture file").setInputFiles({ name: "board.png", mimeType: "image/png", buffer: Buffer.from(drawn, "base64") });
  const shows = page.getByLabel("What does the picture show?");
  await expect(shows).toBeFocused({ timeout: 30_000 });
  await accessible(page, "picture");
  await page.keyboard.type("The B part on the blackboard");
  await page.keyboard.press("Enter");
  await expect(shows).toBeHidden();
  const picture = note.getByRole("img", { name: "The B part on the blackboard" });
  await expect(picture).toBeVisible();
  const [width, size] = await picture.evaluate((image) => [image.naturalWidth, image.src.length]);
  expect(width, "pixels enough to read music").toBeGreaterThanOrEqual(1000);
  expect(size).toBeLessThanOrEqual(600_000);
  await page.getByRole("button", { name: "Save note" }).click();
  await expect(note).toBeHidden();
  await expect(page.locator("#page").getByRole("img", { name: "The B part on the blackboard" })).toBeVisible();
  await phone.synced();
  await laptop.sees("From the blackboard");
  await laptop.page.goto(`${laptop.url}/tune/${id}`);
  await expect(laptop.page.getByRole("img", { name: "The B part on the blackboard" })).toBeVisible();
});
