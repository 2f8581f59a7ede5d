// The service worker keeps the shell: the page opens without a link, and on a weak one it costs
// nothing. It never touches /api: the last views, drafts and the outbox are the page's own, in
// IndexedDB, where signing out clears them.
// VERSION and PRECACHE are written before this by scripts/sw.mjs.
const CACHE = `shell-${VERSION}`;

self.addEventListener('install', (event) => {
  event.waitUntil(
    caches.open(CACHE).then((cache) =>
      cache.addAll(PRECACHE.map((path) => new Request(path, { cache: 'no-cache' }))),
    ),
  );
});

self.addEventListener('activate', (event) => {
  event.waitUntil(
    caches
      .keys()
      .then((names) => Promise.all(names.filter((name) => name !== CACHE).map((name) => caches.delete(name))))
      .then(() => self.clients.claim()),
  );
});

// A page that shows "a new version is here" sends this when the person agrees.
self.addEventListener('message', (event) => {
  if (event.data === 'skip-waiting') self.skipWaiting();
});

self.addEventListener('fetch', (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== 'GET' || url.origin !== location.origin) return;
  if (url.pathname.startsWith('/api/')) return;
  const wanted = event.request.mode === 'navigate' ? '/' : url.pathname;
  event.respondWith(
    caches
      .open(CACHE)
      .then((cache) => cache.match(wanted).then((kept) => kept ?? fetched(cache, event.request, url))),
  );
});

// The core of a device is fetched by those who have one, and then kept.
async function fetched(cache, request, url) {
  const answer = await fetch(request);
  if (answer.ok && url.pathname.endsWith('.wasm')) await cache.put(url.pathname, answer.clone());
  return answer;
}
