/**
 * The service worker, which lets a screen start without a network: where the browser
 * has none, or refuses it, only that is missing.
 *
 * A new version never comes over an open page. The worker of another build says that
 * it has taken over, and `Live` reloads when nobody would notice.
 */
let outdated = false;

/** Whether this page is of another build than the one that a reload would show. */
export const isOutdated = (): boolean => outdated;

/** Called once by each screen. Without https, and beyond this machine, browsers have no workers. */
export function startWorker(): void {
  if (!isSecureContext || !('serviceWorker' in navigator)) return;
  const own = document.querySelector<HTMLMetaElement>('meta[name=build]')?.content;
  navigator.serviceWorker.addEventListener('message', (e: MessageEvent<{ build?: unknown } | null>) => {
    const build = e.data?.build;
    if (own !== undefined && typeof build === 'string') outdated = build !== own;
  });
  const register = () =>
    navigator.serviceWorker.register('/sw.js', { updateViaCache: 'none' }).catch(() => undefined);
  // What the screen itself loads comes first.
  if (document.readyState === 'complete') void register();
  else addEventListener('load', () => void register(), { once: true });
}
