/**
 * The service worker: a screen starts without a network. It keeps the shell of one
 * build, whole, and touches nothing else: what is no page, file or asset of a build, as
 * /api and /ws, never passes through it. BUILD, PAGES and FILES are put before this
 * text when the pages are built (worker.ts).
 */
const CACHE = `weer-${BUILD}`;
/** So long the network may take for a page before the kept one is shown. */
const PATIENCE_MS = 2_000;

/** While a new version comes to one node after the other, a page may be of another build than this worker. */
async function keep(cache, path) {
  const answer = await fetch(path);
  const right = answer.ok && (await answer.clone().text()).includes(BUILD);
  if (!right) throw new Error(`${path} is not of the build ${BUILD}`);
  await cache.put(path, answer);
}

async function install() {
  const cache = await caches.open(CACHE);
  // One after the other: what the screen itself asks for must not wait behind this.
  for (const path of FILES) await cache.add(path);
  for (const path of PAGES) await keep(cache, path);
  // Without waiting: it changes nothing of a page that is open. That page is told,
  // and reloads when nobody would notice.
  await self.skipWaiting();
}

/** The build before this one stays: a page of it that is open has parts that it loads only when they are wanted. */
async function activate() {
  const others = (await caches.keys()).filter((n) => n.startsWith('weer-') && n !== CACHE);
  await Promise.all(others.slice(0, -1).map((n) => caches.delete(n)));
  await self.clients.claim();
  for (const client of await self.clients.matchAll()) client.postMessage({ build: BUILD });
}

const kept = async (path) => (await caches.open(CACHE)).match(path, { ignoreVary: true });

async function page(request, path) {
  const asked = fetch(request);
  const late = new Promise((done) => setTimeout(done, PATIENCE_MS));
  const answer = await Promise.race([asked, late]).catch(() => undefined);
  if (answer && answer.status < 500) return answer;
  return (await kept(path)) ?? asked;
}

/** An asset may be one of the build before, which the server has no more. */
async function file(request, path) {
  return (await kept(path)) ?? (await caches.match(path, { ignoreVary: true })) ?? fetch(request);
}

self.addEventListener('install', (event) => event.waitUntil(install()));
self.addEventListener('activate', (event) => event.waitUntil(activate()));
self.addEventListener('fetch', (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== 'GET' || origin !== self.location.origin) return;
  if (PAGES.includes(pathname)) event.respondWith(page(request, pathname));
  else if (FILES.includes(pathname) || pathname.startsWith('/assets/'))
    event.respondWith(file(request, pathname));
});
