import optimizeLocales from '@react-aria/optimize-locales-plugin';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';

// CMake names a directory of its own so that a build never writes into the sources.
const outDir = process.env['BARID_DASHBOARD_OUT'] ?? 'dist';
const api = process.env['BARID_API'] ?? 'http://127.0.0.1:8787';

const WORK_PAGES = new Set(['overview', 'timeline', 'jobs', 'dead-letters', 'queues', 'schedules', 'bulk', 'workers',
  'audit', 'settings']);

export default defineConfig({
  base: '/admin/',
  plugins: [react(), { ...optimizeLocales.vite({ locales: ['en-US', 'ar-AE'] }), enforce: 'pre' }],
  build: {
    outDir,
    emptyOutDir: true,
    target: 'es2022',
    // Data URLs would need holes in the Content-Security-Policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    cssCodeSplit: false,
    reportCompressedSize: false,
    chunkSizeWarningLimit: 700,
    rollupOptions: {
      output: {
        // One file for each side's pages: many small ones compress badly.
        manualChunks: (id) => {
          if (/uplot|\/ui\/chart|\/locale-|\/messages\//.test(id)) return undefined;
          // The bundler's own helpers too: a circle of files would never start.
          if (id.startsWith('\0') || id.includes('/node_modules/')) return 'vendor';
          const page = /\/src\/pages\/([^/]+)\//.exec(id)?.[1];
          if (page === undefined || page === 'sign-in') return 'shell';
          return WORK_PAGES.has(page) ? 'work' : 'content';
        },
      },
    },
  },
  server: { proxy: { '/api': api } },
  test: { include: ['tests/unit/**/*.test.{ts,tsx}'] },
});
