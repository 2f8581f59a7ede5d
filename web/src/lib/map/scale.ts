// Values to colours: five classes of one dye, light to dark. Zero and the kinds of nothing are
// no class.

export type Mark = 'value' | 'zero' | 'none' | 'suppressed' | 'incomputable';

export interface Place {
  mark: Mark;
  value: number | null;
}

export interface Scale {
  /** Upper bound of each class, rising; the last is the greatest value. */
  bounds: number[];
  least: number;
}

export const COLOURS = ['#dfe6ea', '#b3c8d9', '#7fa3c3', '#4678a6', '#174a7c'] as const;
const CLASSES = COLOURS.length;

/** Classes with about as many offices each, at round numbers; shares of a whole get fifths. */
export function scaleOf(values: number[], percent = false): Scale {
  const sorted = values.filter((value) => value > 0).sort((a, b) => a - b);
  if (percent) return { bounds: [20, 40, 60, 80, 100], least: 0 };
  const most = sorted.at(-1);
  if (most === undefined) return { bounds: [], least: 0 };
  const bounds: number[] = [];
  for (let i = 1; i < CLASSES; i += 1) {
    const cut = round(sorted[Math.floor((sorted.length * i) / CLASSES)] ?? most);
    if (cut > (bounds.at(-1) ?? 0) && cut < most) bounds.push(cut);
  }
  return { bounds: [...bounds, most], least: sorted[0] ?? 0 };
}

/** Two significant digits: a legend that can be read. */
function round(value: number): number {
  const step = 10 ** Math.max(0, Math.floor(Math.log10(value)) - 1);
  return value < 10 ? Math.ceil(value) : Math.round(value / step) * step;
}

/** The class of a value, counted from 0; spread over all dyes where there are fewer classes. */
export function classOf(scale: Scale, value: number): number {
  const found = scale.bounds.findIndex((bound) => value <= bound);
  return found < 0 ? scale.bounds.length - 1 : found;
}

export function colourOf(scale: Scale, index: number): string {
  const spread = scale.bounds.length > 1 ? (index * (CLASSES - 1)) / (scale.bounds.length - 1) : CLASSES - 1;
  return COLOURS[Math.round(spread)] ?? COLOURS[0];
}
