/**
 * The service worker: a screen starts without a network. It keeps the shell of one
 * build, whole, and touches nothing else: what is not in PAGES or FILES, as /api and
 * /ws, never passes through it. BUILD, PAGES and FILES are put before this text when
 * the pages are built (worker.ts).
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
  await Promise.all([cache.addAll(FILES), ...PAGES.map((path) => keep(cache, path))]);
  // Without waiting: it changes nothing of a page that is open. That page is told,
  // and reloads when nobody would notice.
  await self.skipWaiting();
}

async function activate() {
  const names = await caches.keys();
  await Promise.all(names.filter((n) => n.startsWith('weer-') && n !== CACHE).map((n) => caches.delete(n)));
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

self.addEventListener('install', (event) => event.waitUntil(install()));
self.addEventListener('activate', (event) => event.waitUntil(activate()));
self.addEventListener('fetch', (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== 'GET' || origin !== self.location.origin) return;
  if (PAGES.includes(pathname)) event.respondWith(page(request, pathname));
  else if (FILES.includes(pathname)) event.respondWith(kept(pathname).then((held) => held ?? fetch(request)));
});
