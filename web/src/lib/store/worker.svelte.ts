// The service worker's life as a person sees it: "a new version is ready".
const SCRIPT = '/sw.js';

interface Policies {
  createPolicy(name: string, rules: { createScriptURL: (url: string) => string }): { createScriptURL(url: string): unknown };
}

/** Under trusted types only this one script's address is accepted. */
function script(): string {
  const policies = (globalThis as { trustedTypes?: Policies }).trustedTypes;
  const policy = policies?.createPolicy('genggam-worker', {
    createScriptURL: (url) => {
      if (url !== SCRIPT) throw new TypeError('only the service worker is loaded by address');
      return url;
    },
  });
  return (policy?.createScriptURL(SCRIPT) ?? SCRIPT) as string;
}

class Worker {
  waiting = $state.raw<ServiceWorker | null>(null);

  async start(): Promise<void> {
    if (!('serviceWorker' in navigator)) return;
    try {
      const registration = await navigator.serviceWorker.register(script());
      const offer = (worker: ServiceWorker | null) => {
        if (worker && navigator.serviceWorker.controller) this.waiting = worker;
      };
      offer(registration.waiting);
      registration.addEventListener('updatefound', () => {
        const found = registration.installing;
        found?.addEventListener('statechange', () => {
          if (found.state === 'installed') offer(found);
        });
      });
    } catch {
      // Without a secure context there is no worker: everything but a cold offline start works.
    }
  }

  /** Takes the new version and opens the page again. */
  take(): void {
    navigator.serviceWorker.addEventListener('controllerchange', () => location.reload(), { once: true });
    this.waiting?.postMessage('skip-waiting');
  }
}

export const worker = new Worker();
