// Where the pictures of the pages go: TUNETREES_SCREENSHOTS=docs renews those of the documentation.
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const e2e = dirname(fileURLToPath(import.meta.url));
export const shots = process.env.TUNETREES_SCREENSHOTS === "docs" ? join(dirname(e2e), "docs/screenshots") : join(e2e, "results/screenshots");
export const sizes = { phone: { width: 390, height: 844 }, desktop: { width: 1280, height: 800 } };
