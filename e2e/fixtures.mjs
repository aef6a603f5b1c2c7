// One backend a worker of the run, and devices that are closed (and checked for errors) after each test.
import { test as base, expect } from "@playwright/test";
import { Device } from "./device.mjs";
import { Stack } from "./stack.mjs";

export const test = base.extend({
  stack: [
    async ({}, use) => {
      const stack = await Stack.create();
      await use(stack);
      await stack.destroy();
    },
    { scope: "worker", timeout: 180_000 },
  ],
  /** Opens a device of its own. */
  device: async ({ browser, stack }, use, info) => {
    const open = [];
    await use(async (options) => {
      const device = await Device.open(browser, stack.url, options);
      open.push(device);
      return device;
    });
    await stack.noFaults();
    for (const [n, device] of open.entries()) {
      if (info.status !== info.expectedStatus) {
        await device.page.screenshot({ path: info.outputPath(`device-${n + 1}.png`) }).catch(() => {});
        await device.context.close();
      } else {
        await device.close();
      }
    }
  },
});

export { expect };
