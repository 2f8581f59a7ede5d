// The node's own pages, by hand and by keys. The stand-in has nodes in every state and refused
// operations; a real node of a demonstration has neither, and shows that.
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { base, launch, shot, signIn, viewKept } from './browser';

let browser: Browser;
beforeAll(async () => {
  browser = await launch();
});
afterAll(() => browser.close());

it('all offices are there at a glance, and one is found by state, by name and by keys', async () => {
  const { context, page, complaints } = await signIn(browser, 'admin', 'phone');
  await page.goto(`${base()}/menu`);
  await page.click('a[href="/simpul"]');
  await page.waitForSelector('[data-office]');
  const all = await page.locator('[data-office]').count();
  expect(all).toBeGreaterThanOrEqual(1 + 34 + 514);
  // What the chips count is what is shown.
  const counts = await page.locator('[data-filter] b').allTextContents();
  expect(counts.reduce((sum, text) => sum + Number(text.replaceAll('.', '')), 0)).toBe(all);
  await page.click('[data-filter=never]');
  const never = Number((await page.textContent('[data-filter=never] b'))!.replaceAll('.', ''));
  await page.waitForFunction((wanted) => document.querySelectorAll('[data-office]').length === wanted, never);
  expect(await page.locator('[data-office]:not([data-state=never])').count()).toBe(0);
  await page.click('[data-filter=never]');
  // One stop for the tab key, and arrows from there.
  expect(await page.locator('[data-office][tabindex="0"]').count()).toBe(1);
  await page.locator('[data-office][tabindex="0"]').focus();
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('ArrowDown');
  const name = (await page.evaluate(() => document.activeElement!.getAttribute('aria-label')))!.split(':')[0]!;
  await page.keyboard.press('Enter');
  await page.waitForSelector('dialog[open]');
  expect(await page.textContent('dialog[open] h2')).toBe(name);
  await page.keyboard.press('Escape');
  await page.fill('input[type=search]', 'batam');
  await page.waitForFunction(() => document.querySelectorAll('[data-office]').length === 1);
  expect(new URL(page.url()).search).toBe('?q=batam');
  await page.locator('.switch button').last().click();
  expect(await page.locator('tbody tr').count()).toBe(1);
  expect(complaints).toEqual([]);
  await context.close();
});

it('the state of a node reads without colour', async () => {
  const { context, page } = await signIn(browser, 'admin', 'desk');
  await page.goto(`${base()}/simpul`);
  await page.waitForSelector('[data-filter]');
  await page.emulateMedia({ forcedColors: 'none' });
  const signs = await page.locator('[data-filter] .tile').evaluateAll((tiles) => tiles.map((tile) => {
    const [own, sign] = [getComputedStyle(tile), getComputedStyle(tile, '::before')];
    return [own.borderTopStyle, sign.content, sign.width, sign.height, sign.borderRadius].join(' ');
  }));
  expect(new Set(signs).size).toBe(signs.length);
  await shot(page, 'simpul-tanda-desk');
  await context.close();
});

it('without a link the nodes are those of before, with their time', async () => {
  const { context, page } = await signIn(browser, 'admin', 'phone');
  await page.goto(`${base()}/simpul`);
  await page.waitForSelector('[data-office]');
  await viewKept(page, 'nodes');
  await page.route('**/api/nodes', (route) => route.abort());
  await page.goto(`${base()}/simpul`);
  await page.waitForSelector('.stale');
  expect(await page.locator('[data-office]').count()).toBeGreaterThan(500);
  await context.close();
});

it('what was refused is read, marked and kept', async () => {
  const { context, page, complaints } = await signIn(browser, 'admin', 'desk');
  await page.goto(`${base()}/karantina`);
  await page.waitForSelector('.list, .note');
  if ((await page.locator('[data-refused]').count()) > 0) {
    const first = page.locator('[data-refused]').first();
    const id = await first.getAttribute('data-refused');
    await first.click();
    await page.waitForSelector('dialog[open] [data-mark]');
    await shot(page, 'satu-karantina-desk');
    expect(await page.getAttribute('dialog[open] a[download]', 'href')).toBe(`/api/quarantine/${id}/proof`);
    await page.locator('dialog[open] section .btn').click();
    await page.waitForSelector('dialog[open] pre');
    expect(await page.textContent('dialog[open] pre')).toMatch(/^[0-9a-f ]+$/);
    await page.click('dialog[open] [data-mark]');
    await page.waitForSelector('dialog[open] .seen');
    await page.keyboard.press('Escape');
    // It may have been the only one: then the page says that there is none.
    await page.goto(`${base()}/karantina`);
    await page.waitForSelector('.list, .note');
    expect(await page.locator(`[data-refused="${id}"]`).count()).toBe(0);
    await page.locator('.switch button').last().click();
    await page.waitForSelector(`[data-refused="${id}"]`);
  }
  expect(complaints).toEqual([]);
  await context.close();
});

it('text of peers is text', async () => {
  const { context, page } = await signIn(browser, 'admin', 'phone');
  const evil = '<img src=x onerror="document.title=1">';
  await page.route('**/api/sync', (route) => route.fulfill({ json: { peers: [{ url: evil, office: null, state: 'refused', since_ms: 0, last_contact_ms: null, reason: { code: 'op.forged', message: evil }, sent_bytes: 0, received_bytes: 0, bytes_per_second: 0, done_ops: 0, total_ops: 0, lanes: [] }] } }));
  await page.goto(`${base()}/sinkron`);
  await page.waitForSelector('[data-peer]');
  expect(await page.textContent('[data-peer] h2')).toBe(evil);
  expect(await page.locator('[data-peer] img').count()).toBe(0);
  await context.close();
});
