// Reporting periods, written as the server writes them: 2021-01-08, 2021-W02, 2021-01, 2021-Q1,
// 2021-B04, 2021-S1, 2021.
import type { Grain } from './api/types';

const DAY_MS = 86_400_000;
const at = (date: string) => new Date(`${date}T00:00:00Z`);
const text = (date: Date) => date.toISOString().slice(0, 10);
const two = (n: number) => String(n).padStart(2, '0');

/** The date so many days later. */
export function plusDays(date: string, days: number): string {
  return text(new Date(at(date).getTime() + days * DAY_MS));
}

/** Whole days from a to b. */
export function daysBetween(a: string, b: string): number {
  return Math.round((at(b).getTime() - at(a).getTime()) / DAY_MS);
}

/** First and last day, and the name of the period after and before. */
export interface Span {
  first: string;
  last: string;
}

const MONTHS: Record<Grain, number> = { day: 0, week: 0, month: 1, quarter: 3, third: 4, half: 6, year: 12 };

/** The period of the grain that holds the date. */
export function containing(grain: Grain, date: string): string {
  const year = Number(date.slice(0, 4));
  const month = Number(date.slice(5, 7));
  const nth = (months: number) => Math.floor((month - 1) / months) + 1;
  switch (grain) {
    case 'day': return date;
    case 'week': return isoWeek(date);
    case 'month': return date.slice(0, 7);
    case 'quarter': return `${year}-Q${nth(3)}`;
    case 'third': return `${year}-B${two(nth(4) * 4)}`;
    case 'half': return `${year}-S${nth(6)}`;
    case 'year': return String(year);
  }
}

function isoWeek(date: string): string {
  const thursday = plusDays(date, 3 - ((at(date).getUTCDay() + 6) % 7));
  const year = thursday.slice(0, 4);
  const week = Math.floor(daysBetween(`${year}-01-01`, thursday) / 7) + 1;
  return `${year}-W${two(week)}`;
}

export function grainOf(period: string): Grain {
  if (/^\d{4}-\d\d-\d\d$/.test(period)) return 'day';
  const mark = period[5] ?? '';
  const named: Record<string, Grain> = { W: 'week', Q: 'quarter', B: 'third', S: 'half' };
  return named[mark] ?? (period.length === 7 ? 'month' : 'year');
}

/** The first and last day of a period. */
export function span(period: string): Span {
  const grain = grainOf(period);
  const first = firstDay(period, grain);
  if (grain === 'day') return { first, last: first };
  if (grain === 'week') return { first, last: plusDays(first, 6) };
  const next = new Date(at(first));
  next.setUTCMonth(next.getUTCMonth() + MONTHS[grain]);
  return { first, last: plusDays(text(next), -1) };
}

function firstDay(period: string, grain: Grain): string {
  const year = period.slice(0, 4);
  const nth = Number(period.slice(6));
  switch (grain) {
    case 'day': return period;
    case 'month': return `${period}-01`;
    case 'quarter': return `${year}-${two(nth * 3 - 2)}-01`;
    case 'third': return `${year}-${two(nth - 3)}-01`;
    case 'half': return `${year}-${two(nth * 6 - 5)}-01`;
    case 'year': return `${year}-01-01`;
    case 'week': {
      const fourth = `${year}-01-04`;
      const monday = plusDays(fourth, -((at(fourth).getUTCDay() + 6) % 7));
      return plusDays(monday, (nth - 1) * 7);
    }
  }
}

export const next = (period: string): string => containing(grainOf(period), plusDays(span(period).last, 1));
export const previous = (period: string): string => containing(grainOf(period), plusDays(span(period).first, -1));
