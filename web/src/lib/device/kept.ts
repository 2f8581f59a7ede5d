// What a device keeps on the phone: beside the outbox, in the same store that signing out clears.
import { db, meta, plain, type Device, type Kit, type OutItem } from '../store/db';

export const kept = {
  get: meta.device,
  put: async (device: Device) => void (await (await db()).put('meta', device, 'device')),
  drop: async () => (await db()).delete('meta', 'device'),
  kit: async () => (await (await db()).get('meta', 'kit')) as Kit | undefined,
  setKit: async (kit: Kit) => void (await (await db()).put('meta', kit, 'kit')),
  /** What was sealed, and where the stream stands after it: both are kept, or neither. */
  async sealed(device: Device, item: OutItem): Promise<void> {
    const tx = (await db()).transaction(['meta', 'outbox'], 'readwrite');
    await Promise.all([tx.objectStore('meta').put(device, 'device'), tx.objectStore('outbox').put(plain(item)), tx.done]);
  },
};
