import { gzipSync } from 'node:zlib';
import type { Plugin } from 'vite';

/** What a page may weigh, gzipped, in bytes (R25). */
const BUDGET = { js: 40 << 10, css: 10 << 10 };

/** Fails a build whose scripts or styles are over the budget. */
export function budget(): Plugin {
  return {
    name: 'weer-budget',
    apply: 'build',
    generateBundle(_, bundle) {
      const sum = { js: 0, css: 0 };
      for (const [name, file] of Object.entries(bundle)) {
        if (file.type === 'chunk') sum.js += gzipSync(file.code).length;
        else if (name.endsWith('.css')) sum.css += gzipSync(file.source).length;
      }
      for (const kind of ['js', 'css'] as const) {
        if (sum[kind] > BUDGET[kind])
          this.error(`${kind} weighs ${sum[kind]} bytes gzipped, the budget is ${BUDGET[kind]}`);
      }
    },
  };
}
