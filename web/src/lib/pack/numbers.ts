// Numbers as people type them: 1.234,5 or 1234,5 or 1234.5.

/** The number as a plain decimal text, or null where it is none. */
export function parseNumber(typed: string): string | null {
  const text = typed.trim().replace(/[\s\u00a0]/g, '');
  if (!/^-?[\d.,]+$/.test(text)) return null;
  const negative = text.startsWith('-');
  const body = negative ? text.slice(1) : text;
  const plain = unify(body);
  if (plain === null || !/^\d+(\.\d+)?$/.test(plain)) return null;
  const trimmed = plain.replace(/^0+(?=\d)/, '');
  return negative && !/^[0.]*$/.test(trimmed) ? `-${trimmed}` : trimmed;
}

function unify(body: string): string | null {
  const commas = body.split(',').length - 1;
  const dots = body.split('.').length - 1;
  if (commas > 1) return null;
  if (commas === 1) {
    const [whole = '', part = ''] = body.split(',');
    if (dots > 0 && !/^\d{1,3}(\.\d{3})+$/.test(whole)) return null;
    return part.includes('.') || part === '' ? null : `${whole.replaceAll('.', '') || '0'}.${part}`;
  }
  if (dots === 0) return body;
  if (/^\d{1,3}(\.\d{3})+$/.test(body)) return body.replaceAll('.', '');
  return dots === 1 && !body.endsWith('.') ? body.replace(/^\./, '0.') : null;
}

/** A decimal text as an integer at a scale; null where it has more digits or is too large. */
export function atScale(plain: string, scale: number): number | null {
  const negative = plain.startsWith('-');
  const [whole = '', part = ''] = plain.replace('-', '').split('.');
  if (part.replace(/0+$/, '').length > scale) return null;
  const value = Number(whole + part.slice(0, scale).padEnd(scale, '0'));
  if (!Number.isSafeInteger(value)) return null;
  return negative ? -value : value;
}

/** An integer at a scale as a decimal text. */
export function fromScale(value: number, scale: number): string {
  if (scale === 0) return String(value);
  const digits = String(Math.abs(value)).padStart(scale + 1, '0');
  return `${value < 0 ? '-' : ''}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}
