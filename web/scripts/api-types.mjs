// Writes src/lib/api/schema.d.ts from the server's description.
import { readFileSync, writeFileSync } from 'node:fs';
import openapi, { astToString } from 'openapi-typescript';

const source = new URL('../../crates/app/openapi.json', import.meta.url);
const target = new URL('../src/lib/api/schema.d.ts', import.meta.url);

export async function generate() {
  const tree = await openapi(source, { defaultNonNullable: false, emptyObjectsUnknown: true });
  return `// Made by \`npm run types\` from crates/app/openapi.json. Never edited.\n\n${astToString(tree)}`;
}

export const committed = () => readFileSync(target, 'utf8');

if (import.meta.url === `file://${process.argv[1]}`) writeFileSync(target, await generate());
