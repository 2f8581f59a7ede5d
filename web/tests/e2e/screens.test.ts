// Every route on a phone and at a desk: no barrier, nothing off the screen, no policy broken.
import AxeBuilder from '@axe-core/playwright';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { base, launch, seat, shot, signIn, type Seat, type Size } from './browser';

let browser: Browser;
beforeAll(async () => {
  browser = await launch();
});
afterAll(() => browser.close());

const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
const ROUTES: [string, string][] = [
  ['beranda', '/'], ['peta', '/peta'], ['peta-titik', '/peta?tampilan=titik'], ['peta-tabel', '/peta?sebagai=tabel'], ['catatan', '/catatan'],
  ['catatan-disaring', '/catatan?jenis=kejadian.kejadian&q=zzzz'], ['lapor', '/lapor'], ['formulir', '/lapor/kejadian/kejadian'],
  ['formulir-harian', '/lapor/lapsit/harian'], ['angka', '/angka'], ['angka-tabel', '/angka/kejadian/per_provinsi'], ['angka-batang', '/angka/kejadian/per_jenis'],
  ['angka-deret', '/angka/kejadian/tren_kategori'], ['angka-ringkas', '/angka/kejadian/ringkasan'], ['neraca', '/angka/distribusi/neraca_provinsi'],
  ['neraca-alokasi', '/angka/distribusi/alokasi_dan_penyaluran'], ['kirim', '/kirim'], ['menu', '/menu'], ['perangkat-ini', '/perangkat/daftar'], ['tidak-ada', '/tidak/ada'],
];

async function judge({ page, complaints }: Seat, name: string, size: Size): Promise<void> {
  await page.waitForSelector('h1, .note');
  await page.waitForTimeout(900);
  await shot(page, `${name}-${size}`);
  const { violations } = await new AxeBuilder({ page }).withTags(TAGS).analyze();
  expect(violations.map((each) => `${each.id}: ${each.nodes.map((node) => node.target.join(' ')).slice(0, 3).join(', ')}`)).toEqual([]);
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  expect(overflow).toBeLessThanOrEqual(0);
  expect(complaints).toEqual([]);
}

const OWN: [string, string][] = [
  ['simpul', '/simpul'], ['simpul-tabel', '/simpul?sebagai=tabel&q=riau'], ['simpul-diam', '/simpul?keadaan=silent'], ['simpul-kosong', '/simpul?q=zzzz'],
  ['sinkron', '/sinkron'], ['karantina', '/karantina'], ['karantina-semua', '/karantina?tampil=semua'], ['menu-pengelola', '/menu'],
  ['perangkat', '/perangkat'],
];

describe.each(['phone', 'desk'] as const)('the node itself, on a %s screen', (size) => {
  let seated: Seat;
  beforeAll(async () => {
    seated = await signIn(browser, 'admin', size);
  });
  afterAll(() => seated.context.close());

  it.each(OWN)('%s', async (name, path) => {
    await seated.page.goto(base() + path);
    await judge(seated, name, size);
  });

  it('one node', async () => {
    await seated.page.goto(`${base()}/simpul`);
    await seated.page.locator('[data-office]').nth(3).click();
    await seated.page.waitForSelector('dialog[open]');
    await judge(seated, 'satu-simpul', size);
  });

  it('is closed to others', async () => {
    const other = await signIn(browser, 'operator', size);
    await other.page.goto(`${base()}/karantina`);
    await judge(other, 'karantina-tertutup', size);
    await other.page.goto(`${base()}/menu`);
    await other.page.waitForSelector('.links');
    expect(await other.page.locator('a[href="/simpul"], a[href="/sinkron"], a[href="/karantina"]').count()).toBe(0);
    await other.context.close();
  });
});

describe.each(['phone', 'desk'] as const)('on a %s screen', (size) => {
  let seated: Seat;
  beforeAll(async () => {
    seated = await signIn(browser, 'operator', size);
  });
  afterAll(() => seated.context.close());

  it('masuk', async () => {
    const fresh = await seat(browser, size);
    await fresh.page.goto(`${base()}/masuk`);
    await judge(fresh, 'masuk', size);
    await fresh.context.close();
  });

  it.each(ROUTES)('%s', async (name, path) => {
    await seated.page.goto(base() + path);
    await judge(seated, name, size);
  });

  it('a record', async () => {
    await seated.page.goto(`${base()}/catatan?jenis=kejadian.kejadian`);
    await seated.page.locator('[data-row]').first().click();
    await seated.page.waitForSelector('.history');
    await judge(seated, 'satu-catatan', size);
  });

  it('a form with what is wrong', async () => {
    await seated.page.goto(`${base()}/lapor/kejadian/kejadian`);
    await seated.page.locator('.steps li button').last().click();
    await seated.page.click('form .buttons .primary');
    await judge(seated, 'formulir-salah', size);
    await seated.page.locator('[data-summary] li button').first().click();
    await judge(seated, 'formulir-isian-salah', size);
  });

  it('in English', async () => {
    await seated.page.goto(`${base()}/menu`);
    await seated.page.locator('input[name=lang]').last().check();
    await judge(seated, 'menu-en', size);
    await seated.page.goto(base());
    await judge(seated, 'home-en', size);
    expect(await seated.page.getAttribute('html', 'lang')).toBe('en');
  });

  it('targets are large enough', async () => {
    await seated.page.goto(`${base()}/`);
    await seated.page.waitForTimeout(600);
    const small = await seated.page.evaluate(() =>
      [...document.querySelectorAll<HTMLElement>('button, a[href], input, select')]
        .filter((each) => each.offsetParent !== null && !each.closest('.skip, .sr, p'))
        .map((each) => ({ name: each.textContent?.trim().slice(0, 30), height: each.getBoundingClientRect().height }))
        .filter((each) => each.height > 1 && each.height < 44));
    expect(small).toEqual([]);
  });
});
