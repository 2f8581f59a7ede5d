// Who is signed in. Kept on the phone, so that the page opens without a link.
import { api, NoLink, reach, Refused } from '../api/client';
import type { Me } from '../api/types';
import { router } from '../router.svelte';
import { thisDevice } from './device.svelte';
import { forget, meta } from './db';
import { known } from './known.svelte';
import { live } from './live.svelte';
import { sync } from './sync.svelte';

class Session {
  me = $state.raw<Me | null>(null);
  ready = $state(false);

  async start(): Promise<void> {
    reach.signedOut = () => this.#left();
    const kept = await meta.me().catch(() => undefined);
    if (kept) this.#enter(kept);
    try {
      this.#enter(await api.me());
    } catch (error) {
      if (error instanceof Refused && error.status === 401) this.#left();
      else if (!(error instanceof NoLink)) console.error(error);
    }
    this.ready = true;
  }

  async signIn(name: string, password: string): Promise<void> {
    const me = await api.signIn(name, password);
    const before = await meta.me().catch(() => undefined);
    if (before && before.person.id !== me.person.id) {
      await forget();
      thisDevice.set(null);
    }
    this.#enter(me);
    void sync.flush();
  }

  /** Clears what is kept on this device. The caller has asked about what waits. */
  async signOut(): Promise<void> {
    await api.signOut().catch(() => {});
    await forget();
    thisDevice.set(null);
    sync.reset();
    this.me = null;
    live.stop();
    router.go('/masuk');
  }

  has(role: string): boolean {
    return this.me?.roles.some((each) => each.role === role) ?? false;
  }

  /** Whether a page of the node itself is open to them. */
  sees(page: string): boolean {
    return this.me?.pages?.includes(page) ?? false;
  }

  #enter(me: Me): void {
    this.me = me;
    this.ready = true;
    void meta.setMe(me);
    void known.load();
    live.start();
  }

  /** The session ended at the node: what is written stays on the phone until they sign in again. */
  #left(): void {
    this.me = null;
    live.stop();
    if (router.path !== '/masuk') router.go(`/masuk?ke=${encodeURIComponent(router.path + router.search)}`, true);
  }
}

export const session = new Session();
