import rows, { height, width } from 'virtual:silhouette';

/** The country as tiles, without names or values. */
export const silhouette = {
  width,
  height,
  tiles: rows.split('\n').flatMap((row, y) => [...row].flatMap((mark, x) => (mark === '#' ? [[x, y] as const] : []))),
};
