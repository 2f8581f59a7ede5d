// The office map on a canvas: the whole country in a frame of a few milliseconds.
import type { Layout, Spot } from './layout';
import { POINTS } from './layout';
import { classOf, colourOf, type Place, type Scale } from './scale';

export interface Camera {
  /** 1 shows the whole country. */
  zoom: number;
  /** Pixels by which the country is moved. */
  x: number;
  y: number;
}

export interface Picture {
  layout: Layout;
  scale: Scale;
  places: Map<number, Place>;
  names: (id: number) => string;
  selected: number | null;
  /** When each pulse began, by office. */
  pulses: Map<number, number>;
  camera: Camera;
  width: number;
  height: number;
  now: number;
  still: boolean;
}

export const PULSE_MS = 2_600;
const PAD = 8;

/** Pixels of one unit, and where the country begins. */
export function fit(picture: Pick<Picture, 'layout' | 'camera' | 'width' | 'height'>): { unit: number; left: number; top: number } {
  const { layout, camera, width, height } = picture;
  const whole = Math.min((width - PAD * 2) / layout.width, (height - PAD * 2) / layout.height);
  const unit = whole * camera.zoom;
  return {
    unit,
    left: (width - layout.width * whole) / 2 * camera.zoom + camera.x,
    top: (height - layout.height * whole) / 2 * camera.zoom + camera.y,
  };
}

/** The office nearest to a point of the canvas, within a finger's reach. */
export function officeAt(picture: Pick<Picture, 'layout' | 'camera' | 'width' | 'height'>, x: number, y: number): Spot | undefined {
  const { unit, left, top } = fit(picture);
  const half = picture.layout.kind === 'tiles' ? 0.5 : 0;
  let best: Spot | undefined;
  let least = Math.max(unit, 24) ** 2;
  for (const spot of picture.layout.spots) {
    const distance = (left + (spot.x + half) * unit - x) ** 2 + (top + (spot.y + half) * unit - y) ** 2;
    if (distance < least) [best, least] = [spot, distance];
  }
  return best;
}

/** Draws; true while something moves. */
export function draw(ctx: CanvasRenderingContext2D, picture: Picture): boolean {
  const { width, height } = picture;
  ctx.clearRect(0, 0, width, height);
  const at = fit(picture);
  if (picture.layout.kind === 'points') graticule(ctx, picture, at);
  const hatch = hatching(ctx);
  for (const spot of picture.layout.spots) {
    const x = at.left + spot.x * at.unit;
    const y = at.top + spot.y * at.unit;
    if (x < -at.unit || y < -at.unit || x > width + at.unit || y > height + at.unit) continue;
    if (picture.layout.kind === 'tiles') tile(ctx, picture, spot, x, y, at.unit, hatch);
    else dot(ctx, picture, spot, x, y, at.unit, hatch);
  }
  return overlays(ctx, picture, at);
}

function fillOf(picture: Picture, place: Place | undefined, hatch: CanvasPattern | string): string | CanvasPattern {
  switch (place?.mark) {
    case 'value': return colourOf(picture.scale, classOf(picture.scale, place.value ?? 0));
    case 'zero': return '#fffdf9';
    case 'suppressed': return '#e3d3ea';
    case 'incomputable': return '#efe2c8';
    default: return hatch;
  }
}

function tile(ctx: CanvasRenderingContext2D, picture: Picture, spot: Spot, x: number, y: number, unit: number, hatch: CanvasPattern | string): void {
  const gap = Math.max(0.5, unit * 0.045);
  const wide = Math.max(1, unit * 0.11);
  const [top, right, bottom, left] = spot.edge.map((edge) => (edge ? wide : gap)) as [number, number, number, number];
  const box = [x + left, y + top, unit - left - right, unit - top - bottom] as const;
  const place = picture.places.get(spot.id);
  ctx.beginPath();
  ctx.roundRect(...box, Math.min(unit * 0.2, 6));
  ctx.fillStyle = fillOf(picture, place, hatch);
  ctx.fill();
  if (place?.mark === 'zero' || place?.mark === 'suppressed' || place?.mark === 'incomputable' || unit > 18) {
    ctx.strokeStyle = place?.mark === 'value' ? 'rgb(18 48 79 / 18%)' : '#8b8272';
    ctx.lineWidth = unit > 18 ? 1 : 0.6;
    ctx.stroke();
  }
  if (unit >= 44) label(ctx, picture, spot, x, y, unit, place);
}

function label(ctx: CanvasRenderingContext2D, picture: Picture, spot: Spot, x: number, y: number, unit: number, place: Place | undefined): void {
  const dark = place?.mark === 'value' && classOf(picture.scale, place.value ?? 0) >= picture.scale.bounds.length - 2;
  const name = picture.names(spot.id).replace(/^(Kabupaten|Kota Administrasi|Kota) /, '');
  ctx.fillStyle = dark ? '#ffffff' : '#1a2431';
  ctx.font = `600 ${Math.min(13, unit * 0.2)}px ${getComputedStyle(ctx.canvas).fontFamily}`;
  ctx.textAlign = 'center';
  ctx.textBaseline = 'middle';
  const words = name.split(' ');
  const lines = words.length > 1 ? [words.slice(0, Math.ceil(words.length / 2)).join(' '), words.slice(Math.ceil(words.length / 2)).join(' ')] : [name];
  lines.forEach((line, i) => ctx.fillText(line, x + unit / 2, y + unit / 2 + (i - (lines.length - 1) / 2) * unit * 0.22, unit - 6));
}

function dot(ctx: CanvasRenderingContext2D, picture: Picture, spot: Spot, x: number, y: number, unit: number, hatch: CanvasPattern | string): void {
  const place = picture.places.get(spot.id);
  ctx.beginPath();
  ctx.arc(x, y, Math.max(2.6, Math.min(11, unit * 0.22)), 0, Math.PI * 2);
  ctx.fillStyle = fillOf(picture, place, hatch);
  ctx.fill();
  ctx.lineWidth = 0.9;
  ctx.strokeStyle = place?.mark === 'value' ? '#12304f' : '#6f675a';
  ctx.stroke();
}

function graticule(ctx: CanvasRenderingContext2D, picture: Picture, at: { unit: number; left: number; top: number }): void {
  ctx.lineWidth = 1;
  ctx.font = `500 11px ${getComputedStyle(ctx.canvas).fontFamily}`;
  ctx.textAlign = 'left';
  ctx.textBaseline = 'bottom';
  for (let lon = 95; lon <= 140; lon += 5) {
    const x = at.left + (lon - POINTS.west) * at.unit;
    line(ctx, x, 0, x, picture.height, '#e6decd');
  }
  for (let lat = 5; lat >= -10; lat -= 5) {
    const y = at.top + (POINTS.north - lat) * at.unit;
    line(ctx, 0, y, picture.width, y, lat === 0 ? '#c99a3d' : '#e6decd');
    ctx.fillStyle = '#5d6673';
    if (lat === 0) ctx.fillText('0°', 6, y - 2);
  }
}

function line(ctx: CanvasRenderingContext2D, x1: number, y1: number, x2: number, y2: number, colour: string): void {
  ctx.strokeStyle = colour;
  ctx.beginPath();
  ctx.moveTo(x1, y1);
  ctx.lineTo(x2, y2);
  ctx.stroke();
}

function overlays(ctx: CanvasRenderingContext2D, picture: Picture, at: { unit: number; left: number; top: number }): boolean {
  const half = picture.layout.kind === 'tiles' ? 0.5 : 0;
  let moving = false;
  for (const spot of picture.layout.spots) {
    const began = picture.pulses.get(spot.id);
    const x = at.left + (spot.x + half) * at.unit;
    const y = at.top + (spot.y + half) * at.unit;
    if (began !== undefined && picture.now - began < PULSE_MS) {
      moving = true;
      pulse(ctx, x, y, at.unit, (picture.now - began) / PULSE_MS, picture.still);
    }
    if (picture.selected === spot.id) select(ctx, x, y, at.unit, half);
  }
  return moving;
}

function pulse(ctx: CanvasRenderingContext2D, x: number, y: number, unit: number, age: number, still: boolean): void {
  const reach = Math.max(unit, 12);
  const radius = still ? reach : reach * (0.5 + age * 2.2);
  ctx.lineWidth = 3;
  ctx.strokeStyle = `rgb(224 160 47 / ${still ? 1 : 1 - age})`;
  ctx.beginPath();
  ctx.arc(x, y, radius, 0, Math.PI * 2);
  ctx.stroke();
  ctx.fillStyle = `rgb(224 160 47 / ${0.9 * (1 - age)})`;
  ctx.beginPath();
  ctx.arc(x, y, Math.max(3, unit * 0.3), 0, Math.PI * 2);
  ctx.fill();
}

function select(ctx: CanvasRenderingContext2D, x: number, y: number, unit: number, half: number): void {
  const size = half > 0 ? unit + 4 : Math.max(16, unit * 0.6);
  for (const [width, colour] of [[5, '#fffdf9'], [2.5, '#a3221c']] as const) {
    ctx.lineWidth = width;
    ctx.strokeStyle = colour;
    ctx.beginPath();
    ctx.roundRect(x - size / 2, y - size / 2, size, size, 5);
    ctx.stroke();
  }
}

let pattern: { of: CanvasRenderingContext2D; made: CanvasPattern | string } | null = null;

/** Diagonal lines: no data, never the lowest colour. */
function hatching(ctx: CanvasRenderingContext2D): CanvasPattern | string {
  if (pattern?.of === ctx) return pattern.made;
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = 6;
  const brush = canvas.getContext('2d');
  if (!brush) return '#e4dccb';
  brush.fillStyle = '#f3ede0';
  brush.fillRect(0, 0, 6, 6);
  brush.strokeStyle = '#b5aa95';
  brush.lineWidth = 1.2;
  for (const shift of [-6, 0, 6]) {
    brush.beginPath();
    brush.moveTo(shift, 6);
    brush.lineTo(shift + 6, 0);
    brush.stroke();
  }
  const made = ctx.createPattern(canvas, 'repeat') ?? '#e4dccb';
  pattern = { of: ctx, made };
  return made;
}
