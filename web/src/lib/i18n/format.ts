// Numbers, dates and times as Indonesia writes them: 1.234,5 · 8 Jan 2021 · 14.05 WIB.
import type { Grain } from '../api/types';
import { language } from './index.svelte';

const made = new Map<string, Intl.NumberFormat | Intl.DateTimeFormat>();
const locale = () => (language.lang === 'en' ? 'en-GB' : 'id-ID');

function numbers(digits: number): Intl.NumberFormat {
  const key = `n${locale()}${digits}`;
  let format = made.get(key) as Intl.NumberFormat | undefined;
  if (!format) {
    format = new Intl.NumberFormat(locale(), { minimumFractionDigits: digits, maximumFractionDigits: digits });
    made.set(key, format);
  }
  return format;
}

function dates(options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `d${locale()}${JSON.stringify(options)}`;
  let format = made.get(key) as Intl.DateTimeFormat | undefined;
  if (!format) {
    format = new Intl.DateTimeFormat(locale(), { timeZone: 'UTC', ...options });
    made.set(key, format);
  }
  return format;
}

/** A number, with exactly the digits that the text or `digits` has. */
export function number(value: number | string, digits?: number): string {
  const text = String(value);
  return numbers(digits ?? text.split('.')[1]?.length ?? 0).format(Number(text));
}

/** A short number for a tile or an axis: 1,2 rb. */
export function short(value: number): string {
  return new Intl.NumberFormat(locale(), { notation: 'compact', maximumFractionDigits: 1 }).format(value);
}

const utc = (date: string) => new Date(`${date}T00:00:00Z`);

/** `2021-01-08` as 8 Jan 2021. */
export function day(date: string): string {
  return dates({ day: 'numeric', month: 'short', year: 'numeric' }).format(utc(date));
}

/** `2021-01-08` as Jumat, 8 Januari 2021. */
export function longDay(date: string): string {
  return dates({ weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' }).format(utc(date));
}

/** A period as people say it: Januari 2021, Triwulan I 2021. */
export function period(text: string): string {
  const [, year = '', kind = '', nth = ''] = /^(\d{4})(?:-([WQBS])?(\d+))?$/.exec(text) ?? [];
  if (/^\d{4}-\d\d-\d\d$/.test(text)) return day(text);
  if (!year) return text;
  if (!nth) return year;
  if (!kind) return dates({ month: 'long', year: 'numeric' }).format(utc(`${text}-01`));
  const roman = ['', 'I', 'II', 'III', 'IV'][Number(nth)] ?? nth;
  if (language.lang === 'en') {
    const names = { W: `Week ${Number(nth)}`, Q: `Quarter ${roman}`, B: `B${nth}`, S: `Half ${roman}` };
    return `${names[kind as 'W'] ?? kind} ${year}`;
  }
  const names = { W: `Minggu ${Number(nth)}`, Q: `Triwulan ${roman}`, B: `B${nth}`, S: `Semester ${roman}` };
  return `${names[kind as 'W'] ?? kind} ${year}`;
}

const ZONES: Record<number, string> = { 420: 'WIB', 480: 'WITA', 540: 'WIT' };
const device = -new Date().getTimezoneOffset();
const offset = ZONES[device] ? device : 420;

/** The zone that times are shown in: the device's, where it is Indonesian, else WIB. */
export const zone = { offset_minutes: offset, name: ZONES[offset] ?? 'WIB' };

/** A moment as the API writes it (RFC 3339) or in milliseconds. */
export type Moment = string | number;

const local = (at: Moment) => new Date((typeof at === 'number' ? at : Date.parse(at)) + zone.offset_minutes * 60_000);

/** A moment as 14.05 WIB. */
export function clock(ms: Moment): string {
  const text = dates({ hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).format(local(ms));
  return `${text} ${zone.name}`;
}

/** A moment as 8 Jan 2021 14.05 WIB. */
export function moment(ms: Moment): string {
  return `${dates({ day: 'numeric', month: 'short', year: 'numeric' }).format(local(ms))} ${clock(ms)}`;
}

/** A moment, short where it is near: 14.05 WIB today, else 8 Jan 2021. */
export function near(ms: Moment, now = Date.now()): string {
  const date = (at: Moment) => local(at).toISOString().slice(0, 10);
  return date(ms) === date(now) ? clock(ms) : day(date(ms));
}

const MINUTE_MS = 60_000;

/** A duration as a number of its largest unit that is at least one; days from two on. */
export function largest(ms: number): [number, 'second' | 'minute' | 'hour' | 'day'] {
  const size = Math.abs(ms);
  if (size < MINUTE_MS) return [Math.floor(size / 1_000), 'second'];
  if (size < 60 * MINUTE_MS) return [Math.floor(size / MINUTE_MS), 'minute'];
  if (size < 48 * 60 * MINUTE_MS) return [Math.floor(size / (60 * MINUTE_MS)), 'hour'];
  return [Math.floor(size / (24 * 60 * MINUTE_MS)), 'day'];
}

/** How long something takes, in words: 3 menit. */
export function duration(ms: number): string {
  const [amount, unit] = largest(ms);
  return new Intl.NumberFormat(locale(), { style: 'unit', unit, unitDisplay: 'long' }).format(amount);
}

/** How long ago something was, in words: 3 menit yang lalu. */
export function ago(at: Moment, now = Date.now()): string {
  const ms = Math.max(0, now - (typeof at === 'number' ? at : Date.parse(at)));
  const [amount, unit] = largest(ms);
  return new Intl.RelativeTimeFormat(locale(), { numeric: 'always' }).format(-amount, unit);
}

/** An amount of bytes: 12,3 kB. */
export function bytes(amount: number): string {
  const step = amount < 1_000 ? 0 : amount < 1_000_000 ? 1 : amount < 1_000_000_000 ? 2 : 3;
  const shown = amount / 1_000 ** step;
  return `${numbers(step > 0 && shown < 100 ? 1 : 0).format(shown)} ${['B', 'kB', 'MB', 'GB'][step]}`;
}

/** Today, in the zone that times are shown in. */
export function today(now = Date.now()): string {
  return local(now).toISOString().slice(0, 10);
}

export const GRAINS: readonly Grain[] = ['day', 'week', 'month', 'quarter', 'third', 'half', 'year'];
