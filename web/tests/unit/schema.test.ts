import { expect, it } from 'vitest';
import { committed, generate } from '../../scripts/api-types.mjs';

it('the types are those of the server\'s description (npm run types)', async () => {
  expect(committed()).toBe(await generate());
});
