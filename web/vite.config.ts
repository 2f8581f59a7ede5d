/// <reference types="vitest/config" />
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';
import { messages } from './scripts/messages.mjs';
import { silhouette } from './scripts/silhouette.mjs';

// The API that `npm run dev` and `vite preview` talk to.
const api = process.env.API_URL ?? 'http://127.0.0.1:8321';

export default defineConfig({
  plugins: [messages(), silhouette(), svelte()],
  server: { proxy: { '/api': api } },
  preview: { proxy: { '/api': api } },
  build: {
    target: 'es2022',
    // A policy without inline code: everything is a file of its own.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    manifest: true,
    reportCompressedSize: false,
    rolldownOptions: {
      output: {
        // What every page uses comes with the shell.
        codeSplitting: { groups: [{ name: 'shell', test: /src\/lib\/(period|ui\/(View|Note|Icon)\.svelte)/ }] },
      },
    },
  },
  test: { include: ['tests/unit/**/*.test.ts'], environment: 'node' },
});
