// A stand-in for the node, for tests of the page alone. Run by the tests, or `npm run mock`.
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { readFileSync, existsSync } from 'node:fs';
import { extname, join, normalize } from 'node:path';
import type { Home, Me, Query, Submission } from '../../src/lib/api/types';
import { figure, type World } from './figures';
import { nodes, peers, refused } from './nodes';
import { loadOffices } from './offices';
import { loadPack, packNames } from './packs';
import { hex, Records, type Actor } from './records';
import { seed } from './seed';

const dist = new URL('../../dist/', import.meta.url).pathname;
const CSP = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; font-src 'self'; connect-src 'self'; manifest-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types svelte-trusted-html genggam-worker";
const TYPES: Record<string, string> = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml', '.json': 'application/json', '.woff2': 'font/woff2', '.webmanifest': 'application/manifest+json' };

export const ACCOUNTS: Record<string, Actor & { password: string }> = {
  'operator-batam': { name: 'operator-batam', office: 2171, role: 'operator', password: 'sandi-operator' },
  'verifikator-kepri': { name: 'verifikator-kepri', office: 21, role: 'verifikator', password: 'sandi-verifikator' },
  pimpinan: { name: 'pimpinan', office: 1, role: 'pimpinan', password: 'sandi-pimpinan' },
  pengelola: { name: 'pengelola', office: 1, role: 'pengelola', password: 'sandi-pengelola' },
};

/** Pages of the node itself that a role opens. */
const PAGES: Record<string, string[]> = { pimpinan: ['nodes', 'sync'], pengelola: ['nodes', 'sync', 'quarantine', 'devices'] };

export function start(port: number): Promise<{ url: string; close: () => void }> {
  const offices = loadOffices();
  const packs = packNames().map(loadPack);
  const officeName = (id: number) => offices.find((office) => office.id === id)?.name ?? '';
  const records = new Records(packs, officeName);
  const today = () => new Date(Date.now() + 7 * 3_600_000).toISOString().slice(0, 10);
  seed(records, offices, today());
  const sessions = new Map<string, Actor>();
  const listeners = new Set<ServerResponse>();
  const quarantine = refused();
  const blobs = new Map<string, { type: string; bytes: Buffer }>();
  const world: World = {
    offices, packs,
    received: (schedule, office, from, to) => [...records.held.values()].filter((held) => held.type === packs.flatMap((pack) => pack.schedules.map((each) => [`${pack.name}.${each.key}`, each.type] as const)).find(([name]) => name === schedule)?.[1] && held.office === office && (held.period ?? '') >= from && (held.period ?? '') <= to).length,
  };

  const within = (id: number, root: number): boolean => {
    for (let at: number | null | undefined = id; at != null; at = offices.find((office) => office.id === at)?.parent) if (at === root) return true;
    return false;
  };
  const me = (actor: Actor): Me => {
    const office = offices.find((each) => each.id === actor.office)!;
    return { person: { id: hex(16).replace(/./g, '1'), name: actor.name }, roles: [{ role: actor.role, office: office.id, office_name: office.name }], office: { id: office.id, name: office.name, level: office.level }, node: { name: 'Simpul contoh', office: 1 }, simulation: true, pages: PAGES[actor.role] ?? [] };
  };
  const tell = (event: string, data: object) => {
    for (const each of listeners) each.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  };

  function home(actor: Actor, office: number): Home {
    const rows = [...records.held.values()].filter((held) => within(held.office, office)).sort((a, b) => b.updated - a.updated);
    const counts: Record<string, number> = { urgent: rows.filter((held) => records.row(held).urgent).length };
    for (const held of rows) counts[`${held.type}:${held.state}`] = (counts[`${held.type}:${held.state}`] ?? 0) + 1;
    const level = offices.find((each) => each.id === office)!.level;
    const due = packs.flatMap((pack) => pack.schedules.filter((schedule) => schedule.levels.includes(level)).flatMap((schedule) => [0, 1, 2].map((ago) => {
      const period = new Date(Date.parse(today()) - ago * 86_400_000).toISOString().slice(0, 10);
      const held = [...records.held.values()].find((each) => each.type === schedule.type && each.office === office && each.period === period);
      const due_at = new Date(Date.parse(period) + 86_400_000 - 7 * 3_600_000 + schedule.due_after_minutes * 60_000);
      return { schedule: `${pack.name}.${schedule.key}`, type: schedule.type, office, office_name: officeName(office), period, due_at: due_at.toISOString(), received: !!held, late: !held && due_at.getTime() < Date.now(), record: held?.id ?? null };
    })));
    for (const each of due) counts[`late:${each.schedule}`] = (counts[`late:${each.schedule}`] ?? 0) + (each.late ? 1 : 0);
    const waits = rows.filter((held) => (actor.role === 'verifikator' ? held.state === 'dilaporkan' : held.office === actor.office && held.returned.length > 0));
    return { office: { id: office, name: officeName(office), level }, today: today(), due, counts, recent: rows.slice(0, 10).map((held) => records.row(held)), action: waits.slice(0, 8).map((held) => ({ ...records.row(held), why: actor.role === 'verifikator' ? 'to_verify' as const : 'returned' as const })) };
  }

  function list(actor: Actor, query: URLSearchParams): object {
    const get = (name: string) => query.get(name);
    const rows = [...records.held.values()]
      .filter((held) => within(held.office, Number(get('office')) || actor.office))
      .filter((held) => (!get('type') || held.type === get('type')) && (!get('state') || held.state === get('state')))
      .filter((held) => !get('urgent') || records.row(held).urgent)
      .filter((held) => !get('q') || records.title(held).toLowerCase().includes(get('q')!.toLowerCase()))
      .sort((a, b) => b.updated - a.updated);
    const from = Number(get('cursor')) || 0;
    const limit = Number(get('limit')) || 40;
    return { rows: rows.slice(from, from + limit).map((held) => records.row(held)), next: from + limit < rows.length ? String(from + limit) : null };
  }

  const json = (res: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}) => {
    res.writeHead(status, { 'content-type': status >= 400 ? 'application/problem+json' : 'application/json', ...headers });
    res.end(JSON.stringify(body));
  };
  const refuse = (res: ServerResponse, status: number, code: string, problems: object[] = []) => json(res, status, { type: 'about:blank', title: code, status, code, problems });

  function submit(res: ServerResponse, actor: Actor, submission: Submission): void {
    const [inner] = Object.values(submission) as { submission: string }[];
    const before = records.receipts.get(inner!.submission);
    if (before) return json(res, 200, before);
    const done = records.submit(actor, submission);
    if ('status' in done) return refuse(res, done.status, done.problems[0]!.code, done.problems.map((problem) => ({ message: problem.code, ...problem })));
    records.pos += 1;
    const receipt = { submission: inner!.submission, record: done.id, tag: hex(8), link: hex(32), pos: records.pos, received_at: new Date().toISOString(), flags: [] };
    records.receipts.set(inner!.submission, receipt);
    json(res, 201, receipt);
    tell('record', { record: done.id, type: done.type, office: done.office, state: done.state, pos: records.pos });
    tell('facts', { pos: records.pos });
  }

  function lineage(query: Query & { row: string[] }): object {
    const rows = [...records.held.values()].slice(0, 12).map((held) => ({ record: held.id, title: records.title(held) || held.type, office_name: officeName(held.office), date: today(), value: '1', known_at: new Date(held.updated).toISOString() }));
    return { measure: figure(query, world).measures[0], rows, next: null };
  }

  function changes(query: Query & { row: string[] }): object {
    const rows = [...records.held.values()].slice(0, 3).map((held, i) => ({ pos: i + 1, record: held.id, type: held.type, title: records.title(held) || held.type, what: 'create', author_name: 'Budi', office: held.office, office_name: officeName(held.office), known_at: new Date(held.updated).toISOString(), value: '1', inputs: [] }));
    return { measure: figure(query, world).measures[0], withheld: false, before: { value: '4', state: 'value' }, after: { value: String(4 + rows.length), state: 'value' }, difference: String(rows.length), rows, next: null };
  }

  /** The node's own pages. Whether the path was one of them. */
  function own(res: ServerResponse, actor: Actor, url: URL): boolean {
    const page = /^\/api\/(nodes|sync|quarantine|devices)\b/.exec(url.pathname)?.[1];
    if (!page) return false;
    if (!PAGES[actor.role]?.includes(page)) refuse(res, 403, 'policy.denied');
    else if (page === 'nodes') json(res, 200, nodes(offices, (id) => within(id, actor.office)));
    else if (page === 'sync') json(res, 200, peers());
    else if (page === 'devices') json(res, 200, { devices: [] });
    else quarantined(res, actor, url);
    return true;
  }

  function quarantined(res: ServerResponse, actor: Actor, url: URL): void {
    const [, , , id, what] = url.pathname.split('/');
    const at = quarantine.findIndex((each) => each.id === Number(id));
    if (id && at < 0) return refuse(res, 404, 'not_found');
    if (what === 'seen') quarantine[at]!.seen ??= { at: new Date().toISOString(), by: actor.name };
    if (what) return json(res, 200, quarantine[at]);
    if (id) return json(res, 200, { item: quarantine[at], hex: 'a1b2c3d4'.repeat(40) });
    const asked = quarantine.filter((each) => !url.searchParams.get('unseen') || !each.seen).filter((each) => each.id < (Number(url.searchParams.get('before')) || Infinity));
    const rows = asked.slice(0, 20);
    json(res, 200, { rows, next: asked.length > rows.length ? rows.at(-1)!.id : null, unseen: quarantine.filter((each) => !each.seen).length });
  }

  async function route(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const url = new URL(req.url ?? '/', 'http://x');
    const path = url.pathname;
    if (!path.startsWith('/api/')) return file(res, path);
    const chunks: Buffer[] = [];
    for await (const chunk of req) chunks.push(chunk as Buffer);
    if (path.startsWith('/api/blobs')) return blob(req, res, path, Buffer.concat(chunks));
    const body = chunks.length ? JSON.parse(Buffer.concat(chunks).toString()) : null;
    if (path === '/api/session' && req.method === 'POST') {
      const account = ACCOUNTS[body.name];
      if (!account || account.password !== body.password) return refuse(res, 401, 'session.wrong_credentials');
      const token = hex(16);
      sessions.set(token, account);
      return json(res, 200, me(account), { 'set-cookie': `session=${token}; Path=/; HttpOnly; SameSite=Strict` });
    }
    const actor = sessions.get(/session=(\w+)/.exec(req.headers.cookie ?? '')?.[1] ?? '');
    if (!actor) return refuse(res, 401, 'session.none');
    if (path === '/api/session') {
      for (const [token, each] of sessions) if (each === actor) sessions.delete(token);
      return void res.writeHead(204).end();
    }
    if (path === '/api/me') return json(res, 200, me(actor));
    if (path === '/api/offices') return json(res, 200, { date: today(), offices });
    if (path === '/api/packs') return json(res, 200, packs.map((pack) => ({ name: pack.name, version: pack.version, title: { id: pack.messages.id!.pack, en: pack.messages.en!.pack } })));
    const pack = packs.find((each) => path === `/api/packs/${each.name}`);
    if (pack) return json(res, 200, pack);
    if (path === '/api/home') return json(res, 200, home(actor, Number(url.searchParams.get('office')) || actor.office));
    if (path === '/api/records') return json(res, 200, list(actor, url.searchParams));
    const held = records.held.get(/^\/api\/records\/(\w+)$/.exec(path)?.[1] ?? '');
    if (held) return json(res, 200, records.view(actor, held));
    if (path === '/api/submissions') return submit(res, actor, body);
    if (path === '/api/figures') return json(res, 200, figure(body, world));
    if (path === '/api/figures/changes') return json(res, 200, changes(body.query));
    if (path === '/api/figures/lineage') return json(res, 200, lineage(body.query));
    if (own(res, actor, url)) return;
    if (path === '/api/events') {
      res.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
      res.write(': hello\n\n');
      listeners.add(res);
      return void req.on('close', () => listeners.delete(res));
    }
    return refuse(res, 404, 'not_found');
  }

  /** Files by a digest that is as long as the node's; a thumbnail is the photo itself. */
  function blob(req: IncomingMessage, res: ServerResponse, path: string, bytes: Buffer): void {
    if (!sessions.has(/session=(\w+)/.exec(req.headers.cookie ?? '')?.[1] ?? '')) return refuse(res, 401, 'session.none');
    if (req.method === 'POST') {
      const type = bytes.subarray(0, 3).toString('hex') === 'ffd8ff' ? 'image/jpeg' : bytes.subarray(0, 5).toString() === '%PDF-' ? 'application/pdf' : null;
      if (!type) return refuse(res, 422, 'blob.kind', [{ code: 'blob.kind', message: 'blob.kind' }]);
      const digest = createHash('sha256').update(bytes).digest('hex');
      blobs.set(digest, { type, bytes });
      return json(res, 201, { digest, size_bytes: bytes.length, media_type: type, thumbnail: type === 'image/jpeg' });
    }
    const held = blobs.get(path.split('/')[3] ?? '');
    if (!held) return refuse(res, 404, 'not_found');
    res.writeHead(200, { 'content-type': held.type, 'cache-control': 'no-store' });
    res.end(held.bytes);
  }

  function file(res: ServerResponse, path: string): void {
    const wanted = normalize(join(dist, path));
    const found = wanted.startsWith(dist) && extname(wanted) && existsSync(wanted) ? wanted : join(dist, 'index.html');
    res.writeHead(200, { 'content-type': TYPES[extname(found)] ?? 'application/octet-stream', 'content-security-policy': CSP, 'cache-control': 'no-cache' });
    res.end(readFileSync(found));
  }

  const server = createServer((req, res) => void route(req, res).catch((error) => {
    console.error(error);
    if (!res.headersSent) refuse(res, 500, 'node.storage');
  }));
  return new Promise((resolve) => server.listen(port, '127.0.0.1', () => {
    const address = server.address() as { port: number };
    resolve({ url: `http://127.0.0.1:${address.port}`, close: () => server.closeAllConnections() ?? server.close() });
  }));
}
