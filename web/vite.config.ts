import { svelte } from '@sveltejs/vite-plugin-svelte';
import { svelteTesting } from '@testing-library/svelte/vite';
import { defineConfig } from 'vitest/config';
import { budget } from './build/budget.ts';
import { compress } from './build/compress.ts';
import { data } from './build/data.ts';
import { head } from './build/head.ts';
import { worker } from './build/worker.ts';

export default defineConfig({
  plugins: [svelte(), head(), data(), worker(), budget(), compress()],
  build: {
    target: 'es2022',
    assetsInlineLimit: 0, // no data: URLs, the Content-Security-Policy is 'self'
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    rollupOptions: {
      input: ['index.html', 'login.html', 'signup.html', 'ambulance.html', 'hospital.html', 'admin.html'],
    },
  },
  test: {
    projects: [
      { extends: true, test: { name: 'parts', include: ['test/*.test.ts'] } },
      {
        extends: true,
        plugins: [svelteTesting()],
        test: { name: 'screens', include: ['test/screens/*.test.ts'], environment: 'happy-dom' },
      },
    ],
  },
});
