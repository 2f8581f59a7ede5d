import { defineConfig } from 'vitest/config';

// Vite gives BASE_URL another meaning in the tests, so they read another name.
process.env.PAGE_URL = process.env.BASE_URL?.replace(/\/$/, '') ?? '';

export default defineConfig({
  test: {
    include: ['tests/e2e/**/*.test.ts'],
    globalSetup: 'tests/e2e/setup.ts',
    fileParallelism: false,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    bail: 0,
  },
});
