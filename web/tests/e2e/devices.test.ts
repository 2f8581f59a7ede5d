// A phone with a key of its own, on a real node: enrolled by a code, sealing without a signal, ended.
// The stand-in for a node has no keys, so there these are left out.
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { base, kept, launch, PEOPLE, shot, signIn, writeIncident, type Seat } from './browser';

const real = !!process.env.E2E_ADMIN;
const unique = (text: string) => `${text} ${Date.now().toString(36)}`;

describe.skipIf(!real)('a device', () => {
  let browser: Browser;
  let admin: Seat;
  let phone: Seat;
  let code = '';
  beforeAll(async () => {
    browser = await launch();
    admin = await signIn(browser, 'admin', 'desk');
    phone = await signIn(browser, 'operator', 'phone');
    await phone.page.goto(`${base()}/menu`);
    await kept(phone.page);
  });
  afterAll(() => browser.close());

  it('gets a code from the administrator', async () => {
    const { page } = admin;
    await page.goto(`${base()}/perangkat`);
    await page.waitForSelector('.note');
    await shot(page, 'perangkat-kosong-desk');
    await page.click('[data-add]');
    await page.waitForSelector('#person');
    const own = page.locator('#person option', { hasText: `(${PEOPLE.operator.user})` });
    await page.selectOption('#person', (await own.getAttribute('value'))!);
    await page.fill('#device-name', 'Ponsel uji');
    await page.click('dialog[open] form .primary');
    code = (await page.textContent('[data-code]'))!;
    expect(code).toMatch(/^[2-9A-HJ-NP-Z]{4}-[2-9A-HJ-NP-Z]{4}$/);
    const drawn = await page.locator('dialog[open] img').evaluate((image: HTMLImageElement) => image.decode().then(() => image.naturalWidth));
    expect(drawn).toBeGreaterThanOrEqual(200);
    await shot(page, 'perangkat-kode-desk');
  });

  it('is enrolled by it, and by no other', async () => {
    const { page } = phone;
    await enrol(page, 'AAAA-AAAA');
    await page.waitForSelector('form [role=alert]');
    await shot(page, 'perangkat-salah-phone');
    await enrol(page, code.toLowerCase());
    await page.waitForSelector('[data-device=stands]');
    await shot(page, 'perangkat-terdaftar-phone');
    const other = await signIn(browser, 'operator', 'phone');
    await enrol(other.page, code);
    expect(await other.page.textContent('form [role=alert]')).toContain('sudah dipakai');
    await other.context.close();
    // The key can't be read, by this page either.
    const taken = await page.evaluate(async () => {
      const open = indexedDB.open('genggam');
      const base = await new Promise<IDBDatabase>((resolve) => (open.onsuccess = () => resolve(open.result)));
      const get = base.transaction('meta').objectStore('meta').get('device');
      const device = await new Promise<{ key: { by: CryptoKey } }>((resolve) => (get.onsuccess = () => resolve(get.result)));
      base.close();
      return crypto.subtle.exportKey('raw', device.key.by).then(() => 'taken', (error: Error) => error.name);
    });
    expect(taken).toBe('InvalidAccessError');
  });

  it('seals without a signal, and the node keeps it as the device’s', async () => {
    const { page, context, complaints } = phone;
    const sent: string[] = [];
    page.on('request', (request) => request.method() === 'POST' && sent.push(new URL(request.url()).pathname));
    await writeIncident(page, unique('Disegel tanpa sinyal'));
    await context.setOffline(true);
    await page.click('form .buttons .primary');
    await page.waitForSelector('[data-sent=stored]');
    await page.goto(`${base()}/kirim`);
    await page.waitForSelector('.items .sealed');
    await shot(page, 'kirim-disegel-phone');
    await context.setOffline(false);
    await page.click('.head .primary');
    await page.waitForSelector('[data-state=accepted]');
    expect(sent).toContain('/api/devices/operations');
    expect(sent).not.toContain('/api/submissions');
    expect(complaints).toEqual([]);
    await page.click('[data-state=accepted] .receipt a');
    await page.waitForSelector('h1');
    expect(await page.textContent('h1')).toContain('Disegel tanpa sinyal');
    expect(await operations(admin.page)).toBe('1');
    await shot(admin.page, 'perangkat-satu-desk');
  });

  it('whose key is ended is told, and what was typed stays', async () => {
    const title = unique('Setelah dicabut');
    await writeIncident(phone.page, title);
    await admin.page.fill('dialog[open] #reason', 'Ponsel hilang di kapal');
    await admin.page.click('dialog[open] .danger');
    await admin.page.waitForSelector('dialog[open]', { state: 'detached' });
    const { page } = phone;
    await page.click('form .buttons .primary');
    await page.waitForSelector('[data-summary]');
    await shot(page, 'dicabut-formulir-phone');
    await page.locator('.steps li button').first().click();
    expect(await page.inputValue('#f-judul')).toBe(title);
    await page.goto(`${base()}/perangkat/daftar`);
    await page.waitForSelector('[data-device=revoked]');
    await shot(page, 'dicabut-phone');
    const refused = await (await admin.page.request.get(`${base()}/api/quarantine`)).json();
    expect(refused.rows.map((row: { problem: { code: string } }) => row.problem.code)).toContain('op.revoked');
    // By hand it still goes.
    await page.goto(`${base()}/lapor/kejadian/kejadian`);
    await shot(admin.page, 'perangkat-dicabut-desk');
  });

  it('leaves nothing on the phone when its person signs out', async () => {
    const { page } = phone;
    await page.goto(`${base()}/menu`);
    await page.locator('.links button').last().click();
    await page.locator('#name, dialog[open] .danger').first().waitFor();
    if (await page.locator('dialog[open] .danger').count()) await page.click('dialog[open] .danger');
    await page.waitForSelector('#name');
    const left = await page.evaluate(async () => {
      const open = indexedDB.open('genggam');
      const base = await new Promise<IDBDatabase>((resolve) => (open.onsuccess = () => resolve(open.result)));
      const count = base.transaction('meta').objectStore('meta').getKey('device');
      return new Promise((resolve) => (count.onsuccess = () => resolve(count.result ?? null)));
    });
    expect(left).toBe(null);
  });
});

async function enrol(page: Page, code: string): Promise<void> {
  await page.goto(`${base()}/perangkat/daftar?kode=${encodeURIComponent(code)}`);
  await page.waitForSelector('#code');
  await page.click('form .primary');
  await page.locator('form [role=alert], [data-device=stands]').first().waitFor();
}

/** How many operations of the device the node holds, as the administrator sees it. */
async function operations(page: Page): Promise<string | null> {
  await page.goto(`${base()}/perangkat`);
  await page.click('[data-device]');
  await page.waitForSelector('dialog[open] [data-operations]');
  return page.textContent('dialog[open] [data-operations]');
}
