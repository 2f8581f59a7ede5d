// Nodes as the page shows them: by province, by state, and what needs attention.
import type { NodeDetail, NodeState, OfficeNode } from '../api/types';

export const STATES: readonly NodeState[] = ['fresh', 'today', 'late', 'silent', 'never'];
export const LANES = ['urgent', 'control', 'forms', 'circulars', 'blobs'] as const;

/** What needs attention beside the state. */
export const FLAGS = ['behind', 'clock', 'queue'] as const;
export type Flag = (typeof FLAGS)[number];

/** Operations from which a queue is long: a busy office writes as many in a day. */
export const QUEUE_LONG = 100;

export interface Group {
  office: OfficeNode;
  rows: OfficeNode[];
}

/** The node of an office that was heard last. */
export const last = (row: OfficeNode): NodeDetail | undefined => row.nodes[0];

export function flags(row: OfficeNode): Flag[] {
  const node = last(row);
  if (!node) return [];
  const is: Record<Flag, boolean> = {
    behind: node.version === 'behind' || node.packs_behind.length > 0,
    clock: node.clock_wrong,
    queue: (node.waiting?.total ?? 0) >= QUEUE_LONG,
  };
  return FLAGS.filter((flag) => is[flag]);
}

const plain = (text: string) => text.toLowerCase().replace(/\bkabupaten\b|\bkab\.?/g, 'kab').replace(/[^a-z0-9 ]/g, '');

export interface Wanted {
  state: string | null;
  flag: string | null;
  text: string;
}

/** Whether an office is asked for. Its province's name finds it too. */
export function wants(row: OfficeNode, province: string, wanted: Wanted): boolean {
  const words = plain(wanted.text).split(' ').filter(Boolean);
  const name = plain(`${row.office.name} ${province}`);
  return (
    (!wanted.state || row.state === wanted.state) &&
    (!wanted.flag || flags(row).includes(wanted.flag as Flag)) &&
    words.every((word) => name.includes(word))
  );
}

/** The offices by the topmost office that is shown above them; the centre's group is its own. */
export function groups(rows: OfficeNode[]): Group[] {
  const shown = new Map(rows.map((row) => [row.office.id, row]));
  const found = new Map<number, Group>();
  for (const row of rows) {
    const parent = row.office.level === 'regency' && row.parent != null ? shown.get(row.parent) : undefined;
    const head = parent ?? row;
    const group = found.get(head.office.id) ?? { office: head, rows: [] };
    group.rows.push(row);
    found.set(head.office.id, group);
  }
  return [...found.values()];
}

/** The worst first, then by name: what somebody has to act on stands at the top. */
export function worstFirst(rows: OfficeNode[]): OfficeNode[] {
  const rank: Record<NodeState, number> = { silent: 0, late: 1, never: 2, today: 3, fresh: 4 };
  return [...rows].sort((a, b) => rank[a.state] - rank[b.state] || flags(b).length - flags(a).length || a.office.name.localeCompare(b.office.name, 'id'));
}

/** How many offices have each flag. */
export function flagCounts(rows: OfficeNode[]): Record<Flag, number> {
  const counts: Record<Flag, number> = { behind: 0, clock: 0, queue: 0 };
  for (const row of rows) for (const flag of flags(row)) counts[flag] += 1;
  return counts;
}

/** Below this, a clock is right: an answer's way takes as long on a weak link. */
const OFFSET_MS_MIN = 2_000;

/** Where a clock stands against its parent's. */
export function offset(ms: number): 'right' | 'ahead' | 'behind' {
  if (Math.abs(ms) < OFFSET_MS_MIN) return 'right';
  return ms > 0 ? 'ahead' : 'behind';
}
