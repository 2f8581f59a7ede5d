import type { Plugin } from 'vite';
export function tiles(): [number, number][];
export function silhouette(): Plugin;
