// This phone as a device of its person: whether it has a key. What it does with it is fetched when
// it is needed.
import { meta, type Device } from './db';

class ThisDevice {
  now = $state.raw<Device | null>(null);

  /** It has a key that its node has not ended. */
  get seals(): boolean {
    return this.now?.key != null;
  }

  async start(): Promise<void> {
    this.now = (await meta.device().catch(() => undefined)) ?? null;
  }

  set(device: Device | null): void {
    this.now = device;
  }
}

export const thisDevice = new ThisDevice();
export const work = () => import('../device/work');
