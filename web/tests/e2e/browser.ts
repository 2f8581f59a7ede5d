// One browser for a test file; a person signed in on a screen of a size.
import { mkdirSync } from 'node:fs';
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';

const ARGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];
export const SIZES = { phone: { width: 360, height: 800 }, desk: { width: 1280, height: 800 } } as const;
export type Size = keyof typeof SIZES;

/** `name:password` from the environment, else the stand-in's. */
const account = (name: string, fallback: string) => {
  const [user = '', ...rest] = (process.env[name] ?? fallback).split(':');
  return { user, password: rest.join(':') };
};
export const PEOPLE = {
  operator: account('E2E_OPERATOR', 'operator-batam:sandi-operator'),
  verifier: account('E2E_VERIFIER', 'verifikator-kepri:sandi-verifikator'),
  admin: account('E2E_ADMIN', 'pengelola:sandi-pengelola'),
  leader: account('E2E_LEADER', 'pimpinan:sandi-pimpinan'),
};

export const base = () => process.env.PAGE_URL!;
const results = new URL('../../test-results/', import.meta.url).pathname;

export function launch(): Promise<Browser> {
  mkdirSync(results, { recursive: true });
  return chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ARGS });
}

export interface Seat {
  context: BrowserContext;
  page: Page;
  /** What the browser complained of; a policy that is broken shows here. */
  complaints: string[];
}

export async function seat(browser: Browser, size: Size): Promise<Seat> {
  const context = await browser.newContext({ viewport: SIZES[size], locale: 'id-ID', timezoneId: 'Asia/Jakarta' });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    // A refused request is what some tests ask for; the page shows it.
    if (message.type() === 'error' && !/Failed to load resource|ERR_INTERNET_DISCONNECTED/.test(message.text())) complaints.push(message.text());
  });
  return { context, page, complaints };
}

export async function signIn(browser: Browser, who: keyof typeof PEOPLE, size: Size): Promise<Seat> {
  const made = await seat(browser, size);
  const { page } = made;
  await page.goto(`${base()}/masuk`);
  await page.fill('#name', PEOPLE[who].user);
  await page.fill('#password', PEOPLE[who].password);
  await page.click('form button.primary');
  await page.waitForSelector('nav .places');
  return made;
}

export const shot = (page: Page, name: string) => page.screenshot({ path: `${results}${name}.png` });

/** The worker holds the shell: from then on the page opens without a link. */
export async function kept(page: Page): Promise<void> {
  await page.waitForFunction(async () => {
    await navigator.serviceWorker.ready;
    return navigator.serviceWorker.controller !== null;
  });
}

/** The page has kept a view for when there is no link: it does so beside showing it. */
export async function viewKept(page: Page, key: string): Promise<void> {
  await page.waitForFunction(
    (wanted) =>
      new Promise<boolean>((resolve, reject) => {
        const opening = indexedDB.open('genggam');
        opening.onerror = () => reject(opening.error);
        opening.onsuccess = () => {
          const asked = opening.result.transaction('views').objectStore('views').count(wanted);
          asked.onerror = () => reject(asked.error);
          asked.onsuccess = () => {
            opening.result.close();
            resolve(asked.result > 0);
          };
        };
      }),
    key,
  );
}

/** Fills in an incident and stops before it is sent. */
export async function writeIncident(page: Page, title: string): Promise<void> {
  await page.goto(`${base()}/lapor/kejadian/kejadian`);
  await page.fill('#f-judul', title);
  for (const field of ['kategori', 'jenis', 'athg', 'urgensi']) await choose(page, field);
  await page.fill('#f-fakta', 'Ditulis oleh uji otomatis.');
  const steps = page.locator('.steps li button');
  const count = await steps.count();
  for (let i = 1; i < count; i += 1) {
    await steps.nth(i).click();
    if (await page.locator('#f-sumber').count()) await choose(page, 'sumber');
  }
}

/** The first choice of a field, whether it is a list of buttons or a menu. */
async function choose(page: Page, field: string): Promise<void> {
  const radio = page.locator(`#f-${field} input[type=radio]`).first();
  if (await radio.count()) await radio.check();
  else await page.locator(`#f-${field} select`).selectOption({ index: 1 });
}

/** A photo as a phone takes it: larger than what is sent, with the place in it. */
export async function photo(page: Page): Promise<Buffer> {
  const data = await page.evaluate(() => {
    const canvas = document.createElement('canvas');
    canvas.width = 2400;
    canvas.height = 1800;
    const paper = canvas.getContext('2d')!;
    for (let i = 0; i < 4000; i += 1) {
      paper.fillStyle = `hsl(${(i * 47) % 360} 60% ${30 + (i % 40)}%)`;
      paper.fillRect((i * 97) % 2400, (i * 61) % 1800, 90, 60);
    }
    return canvas.toDataURL('image/jpeg', 0.95).split(',')[1]!;
  });
  const jpeg = Buffer.from(data, 'base64');
  const exif = Buffer.concat([Buffer.from('Exif\0\0'), Buffer.from('GPSLatitude 1.0456 GPSLongitude 104.0305')]);
  const length = Buffer.from([(exif.length + 2) >> 8, (exif.length + 2) & 255]);
  return Buffer.concat([jpeg.subarray(0, 2), Buffer.from([0xff, 0xe1]), length, exif, jpeg.subarray(2)]);
}
