// A small router over the history API. Routes are chunks of their own.
import type { Component } from 'svelte';

export interface Match {
  name: RouteName;
  params: string[];
}

export type RouteName =
  | 'home' | 'sign-in' | 'map' | 'records' | 'record' | 'report' | 'form' | 'figures' | 'figure' | 'outbox' | 'menu' | 'nodes' | 'peers' | 'quarantine' | 'device' | 'devices' | 'nowhere';

/** A page that doesn't ask for parameters is one that may be given them. */
type Page = Component<{ params: string[] }> | Component<Record<string, never>>;
type Loader = () => Promise<{ default: Page }>;

/** A page about devices, once its texts are there. */
async function withTexts<T>(page: Promise<T>): Promise<T> {
  await (await import('./device/texts')).texts();
  return page;
}

const routes: [RegExp, RouteName, Loader][] = [
  [/^\/$/, 'home', () => import('../routes/Home.svelte')],
  [/^\/masuk$/, 'sign-in', () => import('../routes/SignIn.svelte')],
  [/^\/peta$/, 'map', () => import('../routes/Map.svelte')],
  [/^\/catatan$/, 'records', () => import('../routes/Records.svelte')],
  [/^\/catatan\/([0-9a-f]{32})$/, 'record', () => import('../routes/Record.svelte')],
  [/^\/lapor$/, 'report', () => import('../routes/Report.svelte')],
  [/^\/lapor\/([a-z0-9_-]+)\/([a-z0-9_-]+)$/, 'form', () => import('../routes/Form.svelte')],
  [/^\/angka$/, 'figures', () => import('../routes/Figures.svelte')],
  [/^\/angka\/([a-z0-9_-]+)\/([a-z0-9_-]+)$/, 'figure', () => import('../routes/Figure.svelte')],
  [/^\/kirim$/, 'outbox', () => import('../routes/Outbox.svelte')],
  [/^\/menu$/, 'menu', () => import('../routes/Menu.svelte')],
  [/^\/simpul$/, 'nodes', () => import('../routes/Nodes.svelte')],
  [/^\/sinkron$/, 'peers', () => import('../routes/Sync.svelte')],
  [/^\/perangkat$/, 'devices', () => withTexts(import('../routes/Devices.svelte'))],
  [/^\/perangkat\/daftar$/, 'device', () => withTexts(import('../routes/Device.svelte'))],
  [/^\/karantina$/, 'quarantine', () => import('../routes/Quarantine.svelte')],
];

class Router {
  path = $state(location.pathname);
  search = $state(location.search);
  /** Asks before a page is left; returns false to stay. */
  guard: (() => boolean) | null = null;

  start(): void {
    addEventListener('popstate', () => this.#read());
    document.addEventListener('click', (event) => this.#click(event));
  }

  get query(): URLSearchParams {
    return new URLSearchParams(this.search);
  }

  get match(): Match {
    for (const [pattern, name] of routes) {
      const found = pattern.exec(this.path);
      if (found) return { name, params: found.slice(1) };
    }
    return { name: 'nowhere', params: [] };
  }

  go(to: string, replace = false): void {
    if (to === this.path + this.search) return;
    if (replace) history.replaceState(null, '', to);
    else history.pushState(null, '', to);
    const moved = new URL(to, location.href).pathname !== this.path;
    this.#read();
    if (moved && !replace) scrollTo(0, 0);
  }

  /** Changes what is asked for on this page, without a step in the history. */
  ask(params: Record<string, string | null | undefined>): void {
    const query = this.query;
    for (const [key, value] of Object.entries(params)) {
      if (value) query.set(key, value);
      else query.delete(key);
    }
    const text = query.toString();
    this.go(text ? `${this.path}?${text}` : this.path, true);
  }

  #read(): void {
    this.path = location.pathname;
    this.search = location.search;
  }

  #click(event: MouseEvent): void {
    if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey) return;
    const link = (event.target as Element | null)?.closest?.('a[href]');
    if (!(link instanceof HTMLAnchorElement) || link.target || link.hasAttribute('download')) return;
    const url = new URL(link.href);
    if (url.origin !== location.origin || url.pathname.startsWith('/api/')) return;
    if (link.hash && url.pathname === location.pathname) return;
    event.preventDefault();
    this.go(url.pathname + url.search);
  }
}

export const router = new Router();

export function loader(name: RouteName): Loader | undefined {
  return routes.find(([, each]) => each === name)?.[2];
}

/** Fetches the pages that people go to next, when nothing else is to be done. */
export function prefetch(names: RouteName[]): void {
  const idle = globalThis.requestIdleCallback ?? ((run: () => void) => setTimeout(run, 1500));
  idle(() => {
    for (const name of names) void loader(name)?.().catch(() => {});
  });
}
