// One way to the server. A failure is one of three things: no link, a refusal with problems, or
// a fault; screens show each differently.
import type {
  BundleImported, BundleWaiting, Changes, DeviceAnswer, DeviceCode, DeviceEnrolled, Devices, Figure, FigureCell, Home, Lineage, Me, Nodes, OfficeList, Pack, PackInfo, People, Problem, QuarantineBytes, QuarantineItem,
  QuarantinePage, Query, Receipt, RecordPage, RecordView, Submission, SyncStatus,
} from './types';

/** No answer came: the link is down, or the node is. Calm, not an error. */
export class NoLink extends Error {
  override name = 'NoLink';
}

/** The server answered, and not with what was asked. */
export class Refused extends Error {
  override name = 'Refused';
  constructor(
    readonly status: number,
    readonly code: string,
    readonly title: string,
    readonly problems: Problem[],
  ) {
    super(`${status} ${code}`);
  }

  /** It would be refused again as it is. */
  get final(): boolean {
    return [400, 403, 404, 409, 413, 422].includes(this.status);
  }
}

/** Titles and sentences come in the language of the page. */
const language = () => document.documentElement.lang;
const ANSWER_MS_MAX = 45_000;
const FILE_MS_MAX = 600_000;

/** Told each time a request did or didn't reach the node. */
export const reach = { changed: (_reached: boolean) => {}, signedOut: () => {} };

export async function call<T>(method: string, path: string, body?: unknown, waitMs = ANSWER_MS_MAX): Promise<T> {
  const response = await send(method, path, body, waitMs);
  reach.changed(true);
  if (response.status === 204) return undefined as T;
  if (response.ok) return (await response.json()) as T;
  const refused = await refusal(response);
  if (refused.code === 'session.none') reach.signedOut();
  throw refused;
}

/** What a device judges forms by; null where it is as it was. */
export async function deviceKit(etag: string): Promise<{ etag: string; bytes: ArrayBuffer } | null> {
  const asked = await fetch('/api/devices/kit', { headers: { 'if-none-match': etag }, cache: 'no-store', signal: AbortSignal.timeout(ANSWER_MS_MAX) }).catch(() => {
    throw new NoLink();
  });
  if (asked.status === 304) return null;
  if (!asked.ok) throw await refusal(asked);
  return { etag: asked.headers.get('etag') ?? '', bytes: await asked.arrayBuffer() };
}

async function send(method: string, path: string, body: unknown, waitMs: number): Promise<Response> {
  const init: RequestInit = { method, signal: AbortSignal.timeout(waitMs), headers: { 'accept-language': language() } };
  if (body instanceof Blob) {
    init.body = body;
    init.signal = AbortSignal.timeout(FILE_MS_MAX);
    init.headers = { 'content-type': body.type || 'application/octet-stream', 'accept-language': language() };
  } else if (body !== undefined) {
    init.body = JSON.stringify(body);
    init.headers = { 'content-type': 'application/json', 'accept-language': language() };
  }
  try {
    return await fetch(path, init);
  } catch {
    reach.changed(false);
    throw new NoLink();
  }
}

const refusal = async (response: Response) => refusalOf(response.status, await response.text().catch(() => ''));

/** What the node said instead of doing what was asked. */
export function refusalOf(status: number, text: string): Refused {
  try {
    const body = JSON.parse(text);
    const problems: Problem[] = Array.isArray(body.problems) ? body.problems : [];
    const code = String(body.code ?? problems[0]?.code ?? `http.${status}`);
    return new Refused(status, code, String(body.title ?? ''), problems);
  } catch {
    return new Refused(status, `http.${status}`, '', []);
  }
}

function withQuery(path: string, params: Record<string, string | number | boolean | null | undefined>): string {
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries(params)) {
    if (value !== null && value !== undefined && value !== '') search.set(key, String(value));
  }
  const text = search.toString();
  return text ? `${path}?${text}` : path;
}

export interface RecordFilter {
  type?: string;
  office?: number | string;
  state?: string;
  q?: string;
  from?: string;
  to?: string;
  urgent?: boolean;
}

export const api = {
  signIn: (name: string, password: string) => call<Me>('POST', '/api/session', { name, password }),
  signOut: () => call<void>('DELETE', '/api/session'),
  me: () => call<Me>('GET', '/api/me'),
  offices: (on?: string) => call<OfficeList>('GET', withQuery('/api/offices', { on })),
  packs: () => call<PackInfo[]>('GET', '/api/packs'),
  pack: (name: string) => call<Pack>('GET', `/api/packs/${encodeURIComponent(name)}`),
  makeBundle: (to: number) => call<BundleWaiting>('POST', '/api/bundles/waiting', { to }, FILE_MS_MAX),
  importBundle: (file: Blob) => call<BundleImported>('POST', '/api/bundles', file),
  submit: (submission: Submission) => call<Receipt>('POST', '/api/submissions', submission),
  records: (filter: RecordFilter, cursor?: string | null, limit = 40) =>
    call<RecordPage>('GET', withQuery('/api/records', { ...filter, cursor, limit })),
  record: (id: string) => call<RecordView>('GET', `/api/records/${encodeURIComponent(id)}`),
  figure: (query: Query) => call<Figure>('POST', '/api/figures', query),
  lineage: (query: Query, cell: Pick<FigureCell, 'row' | 'column' | 'measure' | 'unit'>, cursor?: string | null) => {
    const { row, column, measure, unit } = cell;
    return call<Lineage>('POST', '/api/figures/lineage', { query, row, column, measure, unit, cursor });
  },
  changes: (query: Query, cell: Pick<FigureCell, 'row' | 'column' | 'measure' | 'unit'>, since: string, cursor?: string | null) => {
    const { row, column, measure, unit } = cell;
    return call<Changes>('POST', '/api/figures/changes', { query, row, column, measure, unit, since, cursor });
  },
  nodes: () => call<Nodes>('GET', '/api/nodes'),
  sync: () => call<SyncStatus>('GET', '/api/sync'),
  quarantine: (unseen: boolean, before?: number | null) => call<QuarantinePage>('GET', withQuery('/api/quarantine', { unseen: unseen || null, before })),
  quarantineBytes: (id: number) => call<QuarantineBytes>('GET', `/api/quarantine/${id}`),
  quarantineSeen: (id: number) => call<QuarantineItem>('POST', `/api/quarantine/${id}/seen`),
  devices: () => call<Devices>('GET', '/api/devices'),
  deviceCode: (person: string, office: number | null, name: string) => call<DeviceCode>('POST', '/api/devices/codes', { person, office, name }),
  enrolDevice: (code: string, key: string, proof: string) => call<DeviceEnrolled>('POST', '/api/devices', { code, key, proof }),
  revokeDevice: (id: string, reason: string) => call<void>('POST', `/api/devices/${id}/revoke`, { reason }),
  deviceSend: (parcel: Uint8Array<ArrayBuffer>) => call<DeviceAnswer>('POST', '/api/devices/operations', new Blob([parcel], { type: 'application/cbor' })),
  people: () => call<People>('GET', '/api/people'),
  home: (office?: number) => call<Home>('GET', withQuery('/api/home', { office })),
};
