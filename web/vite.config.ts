import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';

/** Where `make dev` runs the Python server; the page itself asks its own origin only. */
const server = process.env['LIVEGRAD_SERVER'] ?? 'http://127.0.0.1:8000';

export default defineConfig({
  plugins: [svelte()],
  build: {
    outDir: 'dist',
    target: 'es2023',
    // Everything stays a file of its own: the content security policy allows no inline script or data: script.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // How long plugins took is no news to whoever runs `make run`.
    rolldownOptions: { checks: { bundlerTimings: false } },
  },
  server: {
    proxy: {
      // The server compares Origin with its own address, so the proxy speaks in the server's name.
      '/api': { target: server, ws: true, changeOrigin: true, headers: { origin: server } },
    },
  },
  test: {
    include: ['src/**/*.test.ts'],
    environment: 'node',
  },
});
