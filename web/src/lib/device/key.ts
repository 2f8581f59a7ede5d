// The device's key on the phone: 32 bytes, wrapped by a key of WebCrypto that can't be taken out.
// It is unwrapped for one seal and wiped.
const WRAP: AesKeyGenParams = { name: 'AES-GCM', length: 256 };

export interface Wrapped {
  by: CryptoKey;
  iv: Uint8Array<ArrayBuffer>;
  bytes: ArrayBuffer;
}

export const newSeed = () => crypto.getRandomValues(new Uint8Array(32));

export async function wrap(seed: Uint8Array<ArrayBuffer>): Promise<Wrapped> {
  const by = await crypto.subtle.generateKey(WRAP, false, ['encrypt', 'decrypt']);
  const iv = crypto.getRandomValues(new Uint8Array(12));
  return { by, iv, bytes: await crypto.subtle.encrypt({ name: WRAP.name, iv }, by, seed) };
}

/** Does one thing with the seed. */
export async function withSeed<T>(wrapped: Wrapped, work: (seed: Uint8Array) => T): Promise<T> {
  const opened = await crypto.subtle.decrypt({ name: WRAP.name, iv: wrapped.iv }, wrapped.by, wrapped.bytes);
  const seed = new Uint8Array(opened);
  try {
    return work(seed);
  } finally {
    seed.fill(0);
  }
}
