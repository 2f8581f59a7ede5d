export function generate(): Promise<string>;
export function committed(): string;
