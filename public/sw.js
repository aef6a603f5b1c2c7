// Keeps a copy of the app for offline use. VERSION and FILES are filled in from the finished build (`cargo xtask precache`);
// unfilled, this worker lets every request through.
const VERSION = "dev";
const FILES = [];

const CACHE = `tunetrees-${VERSION}`;
const CONFIG_CACHE = "tunetrees-config";
const CONFIG = "/config.json";
// What another app shares with this one (manifest.webmanifest), until the import page has taken it.
const SHARED_CACHE = "tunetrees-shared";
const SHARED = "/shared";
const SHARE = "/import";
// Never ours to answer: the server's addresses, where they share the origin.
const SERVER = ["/rest/", "/auth/", "/realtime/"];

self.addEventListener("install", (event) => {
  event.waitUntil(
    (async () => {
      if (FILES.length === 0) return self.skipWaiting();
      const cache = await caches.open(CACHE);
      // "reload": past the HTTP cache, so that all files are of one release.
      await cache.addAll(FILES.map((file) => new Request(file, { cache: "reload" })));
    })(),
  );
});

self.addEventListener("activate", (event) => {
  event.waitUntil(
    (async () => {
      const names = await caches.keys();
      const old = names.filter((name) => name.startsWith("tunetrees-") && name !== CACHE && ![CONFIG_CACHE, SHARED_CACHE].includes(name));
      await Promise.all(old.map((name) => caches.delete(name)));
    })(),
  );
});

// Only when the person says so: two versions never mix in one page.
self.addEventListener("message", (event) => {
  if (event.data === "skip-waiting") self.skipWaiting();
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (url.origin !== self.location.origin || FILES.length === 0) return;
  if (request.method === "POST" && url.pathname === SHARE && request.mode === "navigate") return event.respondWith(keepShared(request));
  if (request.method !== "GET") return;
  if (SERVER.some((prefix) => url.pathname.startsWith(prefix))) return;
  if (url.pathname === SHARED) return event.respondWith(giveShared());
  if (url.pathname === CONFIG) return event.respondWith(config(request));
  if (request.mode === "navigate") return event.respondWith(page(request));
  event.respondWith(file(request));
});

async function page(request) {
  const cache = await caches.open(CACHE);
  return (await cache.match("/index.html")) ?? (await cache.match("/")) ?? fetch(request);
}

async function file(request) {
  const cache = await caches.open(CACHE);
  return (await cache.match(request, { ignoreVary: true })) ?? fetch(request);
}

// Where the server is: asked anew each time, remembered for offline.
async function config(request) {
  const cache = await caches.open(CONFIG_CACHE);
  try {
    const answer = await fetch(request);
    if (answer.ok) await cache.put(CONFIG, answer.clone());
    return answer;
  } catch (error) {
    const known = await cache.match(CONFIG);
    if (known) return known;
    throw error;
  }
}

// Files are kept as they are: the page finds out how they are written. A text goes along in the address.
async function keepShared(request) {
  const form = await request.formData();
  const files = form.getAll("tunes").filter((file) => file instanceof File && file.size > 0);
  if (files.length > 0) {
    const cache = await caches.open(SHARED_CACHE);
    await cache.put(SHARED, new Response(files.length === 1 ? files[0] : new Blob(files.flatMap((file) => [file, "\n\n"]))));
    return Response.redirect(`${SHARE}?shared`, 303);
  }
  const said = ["title", "text", "url"].map((name) => [name, form.get(name)]).filter(([, value]) => typeof value === "string" && value);
  return Response.redirect(`${SHARE}?${new URLSearchParams(said)}`, 303);
}

// Once: a reload of the page does not bring it again.
async function giveShared() {
  const cache = await caches.open(SHARED_CACHE);
  const shared = await cache.match(SHARED);
  await cache.delete(SHARED);
  return shared ?? new Response(null, { status: 204 });
}
