import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { base, kept, launch, PEOPLE, photo, seat, shot, signIn, writeIncident } from './browser';

let browser: Browser;
beforeAll(async () => {
  browser = await launch();
});
afterAll(() => browser.close());

const unique = (text: string) => `${text} ${Date.now().toString(36)}`;

describe('signing in', () => {
  it('says what is wrong, moves there, and forgets the password', async () => {
    const { context, page } = await seat(browser, 'phone');
    await page.goto(`${base()}/masuk`);
    await page.fill('#name', PEOPLE.operator.user);
    await page.fill('#password', 'bukan sandinya');
    await page.click('form button.primary');
    await page.waitForSelector('[role=alert]');
    await page.waitForFunction(() => document.activeElement?.getAttribute('role') === 'alert');
    expect(await page.inputValue('#password')).toBe('');
    await context.close();
  });

  it.each([['/angka', '/angka'], ['//elsewhere.example', '/'], ['https://elsewhere.example/', '/']])('asked for %s goes on to %s', async (asked, path) => {
    const { context, page } = await seat(browser, 'phone');
    await page.goto(`${base()}/masuk?ke=${encodeURIComponent(asked)}`);
    await page.fill('#name', PEOPLE.operator.user);
    await page.fill('#password', PEOPLE.operator.password);
    await page.click('form button.primary');
    await page.waitForFunction((wanted) => location.pathname === wanted, path);
    expect(page.url().startsWith(base())).toBe(true);
    await context.close();
  });

  it('signing out clears what the device kept', async () => {
    const { context, page } = await signIn(browser, 'operator', 'phone');
    await page.goto(`${base()}/lapor/kejadian/kejadian`);
    await page.fill('#f-judul', 'Rahasia di draf');
    await page.waitForFunction(() => /\d/.test(document.querySelector('.saved')?.textContent ?? ''));
    await page.goto(`${base()}/menu`);
    await page.locator('.links button').last().click();
    await page.waitForSelector('#name');
    const left = await page.evaluate(async () => {
      const open = indexedDB.open('genggam');
      const base = await new Promise<IDBDatabase>((resolve) => (open.onsuccess = () => resolve(open.result)));
      const counts = await Promise.all([...base.objectStoreNames].map((name) => new Promise<number>((resolve) => {
        const count = base.transaction(name).objectStore(name).count();
        count.onsuccess = () => resolve(count.result);
      })));
      return counts.reduce((sum, each) => sum + each, 0);
    });
    expect(left).toBe(0);
    await context.close();
  });
});

it('a report filed on one page pulses on another', async () => {
  const watcher = await signIn(browser, 'leader', 'desk');
  await watcher.page.goto(`${base()}/peta`);
  await watcher.page.waitForSelector('.lamp.on');
  const writer = await signIn(browser, 'operator', 'phone');
  await writeIncident(writer.page, unique('Kejadian langsung'));
  const answered = writer.page.waitForResponse((response) => response.url().endsWith('/api/submissions'));
  await writer.page.click('form .buttons .primary');
  const receipt = await (await answered).json();
  await watcher.page.waitForSelector(`[data-latest="${receipt.record}"]`, { timeout: 5_000 });
  await shot(watcher.page, 'live-desk');
  await writer.page.waitForSelector('[data-sent=accepted]');
  await shot(writer.page, 'accepted-phone');
  expect([...watcher.complaints, ...writer.complaints]).toEqual([]);
  await watcher.context.close();
  await writer.context.close();
});

it('a cell that was sent back reaches its author with the reason, and comes back corrected', async () => {
  const title = unique('Kejadian untuk diperiksa');
  const writer = await signIn(browser, 'operator', 'phone');
  await writeIncident(writer.page, title);
  await writer.page.click('form .buttons .primary');
  await writer.page.click('[data-sent=accepted] a.primary');
  await writer.page.waitForSelector('h1');
  const address = writer.page.url();

  const verifier = await signIn(browser, 'verifier', 'desk');
  await verifier.page.goto(address);
  await verifier.page.click('[data-action=kembalikan]');
  await verifier.page.locator('dialog[open] .pick input[type=checkbox]').first().check();
  await shot(verifier.page, 'return-desk');
  await verifier.page.click('dialog[open] button.primary');
  await verifier.page.waitForSelector('dialog[open] [role=alert]');
  await verifier.page.locator('dialog[open] .pick input.input').first().fill('Judul kurang jelas: sebut tempatnya.');
  await verifier.page.fill('dialog[open] #reason', 'Satu isian perlu diperbaiki.');
  await verifier.page.click('dialog[open] button.primary');
  await verifier.page.waitForSelector('[data-returned]');

  await writer.page.waitForSelector('[data-returned]', { timeout: 5_000 });
  expect(await writer.page.textContent('[data-returned]')).toContain('sebut tempatnya');
  await shot(writer.page, 'returned-phone');
  await writer.page.click('[data-returned] a.primary');
  await writer.page.waitForSelector('.back');
  await writer.page.fill('#f-judul', `${title} di pasar`);
  await writer.page.locator('.steps li button').last().click();
  await writer.page.click('form .buttons .primary');
  await writer.page.click('[data-sent=accepted] a.primary');
  await writer.page.waitForFunction((text) => document.querySelector('h1')?.textContent === text, `${title} di pasar`);
  expect(await writer.page.locator('[data-returned]').count()).toBe(0);
  expect([...verifier.complaints, ...writer.complaints]).toEqual([]);
  await writer.context.close();
  await verifier.context.close();
});

it('a form that is wrong says all of it in a summary with focus, and beside the fields', async () => {
  const { context, page } = await signIn(browser, 'operator', 'phone');
  await page.goto(`${base()}/lapor/kejadian/kejadian`);
  await page.locator('.steps li button').last().click();
  await page.click('form .buttons .primary');
  await page.waitForFunction(() => document.activeElement?.hasAttribute('data-summary'));
  const first = page.locator('[data-summary] li button').first();
  const words = (await first.textContent())!;
  await first.click();
  await page.waitForSelector('#f-judul:focus');
  expect(words.endsWith((await page.textContent('#f-judul-wrong'))!.trim())).toBe(true);
  await shot(page, 'wrong-phone');
  await context.close();
});

it('without a link a form is kept, survives a reload, and is sent when the link is back', async () => {
  const title = unique('Kejadian tanpa sinyal');
  const { context, page, complaints } = await signIn(browser, 'operator', 'phone');
  await page.goto(`${base()}/lapor`);
  await kept(page);
  await writeIncident(page, title);
  await context.setOffline(true);
  await page.click('form .buttons .primary');
  await page.waitForSelector('[data-sent=stored]');
  await page.waitForSelector('[data-sync=offline]');
  await shot(page, 'stored-phone');
  await page.goto(`${base()}/kirim`);
  await page.waitForSelector('[data-state=stored]');
  expect(await page.textContent('.items')).toContain(title);
  await shot(page, 'outbox-offline-phone');
  await context.setOffline(false);
  await page.waitForSelector('[data-state=accepted]', { timeout: 15_000 });
  await page.click('.receipt a');
  await page.waitForFunction((text) => document.querySelector('h1')?.textContent === text, title);
  expect(complaints).toEqual([]);
  await context.close();
});

it('a photo taken without a link is small, survives a reload, goes before its form, and shows on the record', async () => {
  const title = unique('Kejadian berfoto');
  const { context, page, complaints } = await signIn(browser, 'operator', 'phone');
  await page.goto(`${base()}/lapor`);
  await kept(page);
  await writeIncident(page, title);
  await page.locator('.steps li button').nth(3).click();
  await page.locator('section[data-at=foto] > button').click();
  await page.waitForSelector('[id="f-foto[1].gambar"]', { state: 'attached' });
  await shot(page, 'photo-empty-phone');
  await page.setInputFiles('[id="f-foto[1].gambar"]', { name: 'catatan.jpg', mimeType: 'image/jpeg', buffer: Buffer.from('bukan foto') });
  await page.waitForSelector('.file [role=status] .wrong');
  const taken = await photo(page);
  await page.setInputFiles('[id="f-foto[1].gambar"]', { name: 'dermaga.jpg', mimeType: 'image/jpeg', buffer: taken });
  await page.waitForFunction(() => document.querySelector<HTMLImageElement>('[data-file] img')?.naturalWidth);
  await page.waitForFunction(() => document.querySelector('.saved')?.textContent?.match(/\d/));
  await page.waitForTimeout(400);
  await page.locator('[data-file]').scrollIntoViewIfNeeded();
  await page.locator('.file').evaluate((each) => each.scrollIntoView({ block: 'center' }));
  await shot(page, 'photo-phone');
  await context.setOffline(true);
  await page.goto(`${base()}/lapor`);
  await page.locator('section[aria-labelledby=drafts] a').first().click();
  await page.waitForFunction(() => document.querySelector<HTMLImageElement>('[data-file] img')?.naturalWidth === 1600);
  await page.setViewportSize({ width: 1280, height: 800 });
  await page.locator('.file').evaluate((each) => each.scrollIntoView({ block: 'center' }));
  await shot(page, 'photo-desk');
  await page.setViewportSize({ width: 360, height: 800 });
  await page.locator('.steps li button').last().click();
  await page.waitForSelector('.cells [data-file] img');
  await page.click('form .buttons .primary');
  await page.waitForSelector('[data-sent=stored]');
  await page.goto(`${base()}/kirim`);
  const [upload] = await Promise.all([
    page.waitForRequest((request) => request.url().endsWith('/api/blobs')),
    context.setOffline(false),
  ]);
  const bytes = upload.postDataBuffer()!;
  expect(bytes.length).toBeLessThan(Math.min(400_000, taken.length / 2));
  expect(bytes.includes('GPSLatitude')).toBe(false);
  await page.waitForSelector('[data-state=accepted]', { timeout: 15_000 });
  await page.locator('li', { hasText: title }).locator('.receipt a').click();
  await page.waitForFunction(() => document.querySelector<HTMLImageElement>('.cells a[data-file] img')?.naturalWidth);
  await page.locator('.cells a[data-file]').scrollIntoViewIfNeeded();
  await shot(page, 'photo-record-phone');
  const opened = context.waitForEvent('page');
  await page.click('.cells a[data-file]');
  expect((await opened).url()).toMatch(/\/api\/blobs\/[0-9a-f]{64}$/);
  expect(complaints).toEqual([]);
  await context.close();
});

it('a half-written form is there again', async () => {
  const title = unique('Setengah jadi');
  const { context, page } = await signIn(browser, 'operator', 'phone');
  await page.goto(`${base()}/lapor/kejadian/kejadian`);
  await page.fill('#f-judul', title);
  await page.waitForFunction(() => /\d/.test(document.querySelector('.saved')?.textContent ?? ''));
  await page.goto(`${base()}/lapor`);
  await page.locator('section[aria-labelledby=drafts] a').first().click();
  await page.waitForSelector('#f-judul');
  expect(await page.inputValue('#f-judul')).toBe(title);
  await context.close();
});

it('a figure says where it comes from, down to a record', async () => {
  const { context, page, complaints } = await signIn(browser, 'leader', 'desk');
  await page.goto(`${base()}/angka/kejadian/per_provinsi`);
  await page.locator('td button:not(.zero)').first().click();
  await page.waitForSelector('dialog[open] [data-lineage]');
  await shot(page, 'lineage-desk');
  await page.locator('dialog[open] [data-lineage]').first().click();
  await page.waitForSelector('.history');
  expect(page.url()).toMatch(/\/catatan\/[0-9a-f]{32}$/);
  expect(complaints).toEqual([]);
  await context.close();
});

it('boundaries and the date as known are part of the address', async () => {
  const { context, page } = await signIn(browser, 'leader', 'phone');
  const bodies: string[] = [];
  page.on('request', (request) => {
    if (request.url().endsWith('/api/figures')) bodies.push(request.postData() ?? '');
  });
  await page.goto(`${base()}/angka/kejadian/per_provinsi?dari=2021-01-01&sampai=2021-12-31&batas=now&diketahui=2021-02-01`);
  await page.waitForFunction(() => document.querySelector('table, .note') !== null);
  const asked = JSON.parse(bodies.at(-1)!);
  expect(asked).toMatchObject({ boundaries: 'now', as_known: '2021-02-01T16:59:59.999Z', from: '2021-01-01', to: '2021-12-31' });
  await context.close();
});

it('what does not balance cannot be overlooked', async () => {
  const { context, page } = await signIn(browser, 'leader', 'phone');
  await page.goto(`${base()}/angka/distribusi/alokasi_dan_penyaluran`);
  await page.waitForSelector('.verdict');
  await shot(page, 'balance-phone');
  const open = await page.locator('li.open .unexplained').count();
  expect(open).toBeGreaterThan(0);
  const size = (selector: string) => page.locator(selector).first().evaluate((each) => parseFloat(getComputedStyle(each).fontSize));
  expect(await size('li.open .unexplained dd')).toBeGreaterThan(await size('li.open dl div:not(.unexplained) dd'));
  await context.close();
});

it('the map is drawn in a frame, moves by keys, and has a table', async () => {
  const { context, page } = await signIn(browser, 'leader', 'phone');
  await page.goto(`${base()}/peta`);
  await page.waitForSelector('canvas[data-frame-ms]');
  await page.waitForTimeout(500);
  const cdp = await context.newCDPSession(page);
  await cdp.send('Emulation.setCPUThrottlingRate', { rate: 6 });
  await page.focus('[role=application]');
  const times: number[] = [];
  for (let i = 0; i < 12; i += 1) {
    await page.keyboard.press(i % 2 ? 'ArrowRight' : 'ArrowDown');
    await page.waitForTimeout(120);
    times.push(Number(await page.getAttribute('canvas', 'data-frame-ms')));
  }
  await cdp.send('Emulation.setCPUThrottlingRate', { rate: 1 });
  expect(Math.max(...times.slice(2))).toBeLessThanOrEqual(50);
  const name = await page.textContent('.said b');
  await page.keyboard.press('Enter');
  await page.waitForSelector('dialog[open]');
  expect(await page.textContent('dialog[open] h2')).toBe(name);
  await shot(page, 'map-sheet-phone');
  await page.keyboard.press('Escape');
  await page.click('.switch button:last-child');
  expect(await page.locator('tbody tr').count()).toBeGreaterThanOrEqual(514);
  await context.close();
});
