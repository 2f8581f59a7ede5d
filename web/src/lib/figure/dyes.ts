/** Dyes for parts and lines, apart in lightness as well as hue. */
export const DYES = ['#174a7c', '#c98a1b', '#2c7d57', '#a3221c', '#7a5aa6', '#4a4a4a', '#3fa0b5', '#8c5a2b'] as const;
