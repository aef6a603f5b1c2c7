// What a failing disk, or a browser that clears its data, does to the app's database files: from a page of the same origin without the app.

/** Damages, dates or removes database files in the origin's private file system; gives [name, pages hit] of each. `wanted` says how:
 * `file` (a pattern its name fits), `holding` (only pages with this text on them), `sparing` (never pages with this one), `gone` (the whole file),
 * `older` (only the number of its schema, by so much: what another release of the app would have left). */
const strike = (page, wanted) =>
  page.evaluate(async ({ file, holding, sparing, gone, older }) => {
    // The pool keeps the file's name in front, in a header of its own.
    const HEADER = 4096;
    const struck = [];
    const folder = await (await navigator.storage.getDirectory()).getDirectoryHandle("tunetrees");
    const walk = async (folder) => {
      for await (const handle of folder.values()) {
        if (handle.kind === "directory") {
          await walk(handle);
          continue;
        }
        const bytes = new Uint8Array(await (await handle.getFile()).arrayBuffer());
        const name = new TextDecoder().decode(bytes.subarray(0, 512)).replace(/\0.*$/s, "").replace(/^\//, "");
        if (!new RegExp(file).test(name)) continue;
        const writable = await handle.createWritable({ keepExistingData: true });
        if (gone) {
          await writable.write({ type: "write", position: 0, data: new Uint8Array(HEADER) });
          await writable.close();
          struck.push([name, 1]);
          continue;
        }
        if (older) {
          const number = new DataView(bytes.buffer).getUint32(HEADER + 60) - older;
          const data = new Uint8Array(4);
          new DataView(data.buffer).setUint32(0, number);
          await writable.write({ type: "write", position: HEADER + 60, data });
          await writable.close();
          struck.push([name, 1]);
          continue;
        }
        const size = bytes[HEADER + 16] * 256 + bytes[HEADER + 17] || 65536;
        let hits = 0;
        // Page 1 says what the file is; without it nothing can be read at all.
        for (let at = HEADER + size; at < bytes.length; at += size) {
          const text = new TextDecoder("latin1").decode(bytes.subarray(at, at + size));
          if ((holding && !text.includes(holding)) || (sparing && text.includes(sparing))) continue;
          await writable.write({ type: "write", position: at, data: new Uint8Array(size).fill(0xa5) });
          hits += 1;
        }
        await writable.close();
        struck.push([name, hits]);
      }
    };
    await walk(folder);
    return struck;
  }, wanted);

/** Leaves the app, strikes, and opens it again. */
export async function strikeFiles(device, wanted, expect) {
  // With a service worker every address is the app, which would take the files again.
  await device.page.evaluate(async () => {
    for (const worker of await navigator.serviceWorker.getRegistrations()) await worker.unregister();
  });
  await device.page.goto(`${device.url}/manifest.webmanifest`);
  let struck = [];
  // The worker of the page that was left lets go of the files.
  await expect(async () => {
    struck = await strike(device.page, { file: "^(user-|local).*\\.sqlite3$", ...wanted });
    expect(struck.length).toBeGreaterThan(0);
  }).toPass({ timeout: 20_000 });
  for (const [name, hits] of struck) expect(hits, name).toBeGreaterThan(0);
  await device.page.goto(device.url);
}
