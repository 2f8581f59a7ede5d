import type { Plugin } from 'vite';
export function messages(): Plugin;
export function load(lang: string): Record<string, string>;
export function differences(texts: Record<string, Record<string, string>>): string[];
