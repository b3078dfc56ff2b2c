import { defineConfig } from 'vitest/config';
import { budget } from './build/budget.ts';
import { compress } from './build/compress.ts';
import { regions } from './build/regions.ts';

export default defineConfig({
  plugins: [regions(), budget(), compress()],
  build: {
    target: 'es2022',
    assetsInlineLimit: 0, // no data: URLs, the Content-Security-Policy is 'self'
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    rollupOptions: { input: ['index.html', 'login.html'] },
  },
  test: { include: ['test/**/*.test.ts'] },
});
