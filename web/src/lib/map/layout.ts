// Where each office is on the screen: equal tiles by province, or points of the archipelago.
import type { Office } from '../api/types';

export interface Spot {
  id: number;
  province: number;
  /** In units of a tile (tiles) or of a degree (points). */
  x: number;
  y: number;
  /** Sides (top, right, bottom, left) at which another province or none follows. */
  edge: [boolean, boolean, boolean, boolean];
}

export interface Layout {
  kind: 'tiles' | 'points';
  spots: Spot[];
  width: number;
  height: number;
}

/** A narrow screen folds the country here: no province lies on both sides. */
const FOLD_X = 38;
/** Empty rows between the two halves. */
const FOLD_GAP = 1;

/** The tiles; folded into a western and an eastern half on a narrow screen. */
export function tileLayout(offices: Office[], folded: boolean): Layout {
  const placed = offices.filter((office) => office.tile_x != null && office.tile_y != null);
  const at = new Map(placed.map((office) => [`${office.tile_x},${office.tile_y}`, office.parent]));
  const east = placed.filter((office) => office.tile_x! >= FOLD_X);
  const west = placed.filter((office) => office.tile_x! < FOLD_X);
  const westRows = Math.max(-1, ...west.map((office) => office.tile_y!)) + 1;
  const eastTop = Math.min(...east.map((office) => office.tile_y!));
  const spots = placed.map((office) => {
    const [x, y] = [office.tile_x!, office.tile_y!];
    const other = (dx: number, dy: number) => at.get(`${x + dx},${y + dy}`) !== office.parent;
    const moved = folded && x >= FOLD_X;
    return {
      id: office.id,
      province: office.parent ?? 0,
      x: moved ? x - FOLD_X + 4 : x,
      y: moved ? y - eastTop + westRows + FOLD_GAP : y,
      edge: [other(0, -1), other(1, 0), other(0, 1), other(-1, 0)] as Spot['edge'],
    };
  });
  return { kind: 'tiles', spots, ...extent(spots) };
}

/** The seats as points, plate carrée: the country lies within 11 degrees of the equator. */
export function pointLayout(offices: Office[]): Layout {
  const placed = offices.filter((office) => office.level === 'regency' && office.lat != null && office.lon != null);
  const spots = placed.map((office) => ({
    id: office.id,
    province: office.parent ?? 0,
    x: office.lon! - POINTS.west,
    y: POINTS.north - office.lat!,
    edge: [true, true, true, true] as Spot['edge'],
  }));
  return { kind: 'points', spots, width: POINTS.east - POINTS.west, height: POINTS.north - POINTS.south };
}

/** Degrees around the country. */
export const POINTS = { west: 94, east: 142, north: 7, south: -12 };

function extent(spots: Spot[]): { width: number; height: number } {
  return {
    width: Math.max(1, ...spots.map((spot) => spot.x + 1)),
    height: Math.max(1, ...spots.map((spot) => spot.y + 1)),
  };
}

export type Way = 'ArrowUp' | 'ArrowDown' | 'ArrowLeft' | 'ArrowRight';

/** The nearest office in a direction, for the arrow keys. */
export function neighbour(spots: Spot[], from: Spot, way: Way): Spot | undefined {
  let best: Spot | undefined;
  let least = Infinity;
  for (const spot of spots) {
    const [dx, dy] = [spot.x - from.x, spot.y - from.y];
    const ahead = { ArrowUp: -dy, ArrowDown: dy, ArrowLeft: -dx, ArrowRight: dx }[way];
    const aside = way === 'ArrowUp' || way === 'ArrowDown' ? Math.abs(dx) : Math.abs(dy);
    if (ahead <= 0) continue;
    const cost = ahead + aside * 2.5;
    if (cost < least) [best, least] = [spot, cost];
  }
  return best;
}
