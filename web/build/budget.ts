import { gzipSync } from 'node:zlib';
import type { Plugin, Rolldown } from 'vite';

/** What one page may weigh, gzipped, in bytes (R25). */
const BUDGET = { js: 40 << 10, css: 10 << 10 };

/** A console of an emergency room hangs on a wire and is loaded once a shift: it may have more to press. */
const MORE: Readonly<Record<string, number>> = { 'hospital.html': 54 << 10 };

type Bundle = Rolldown.OutputBundle;

/** A page's scripts: its own and all that they import. */
function chunksOf(bundle: Bundle, name: string, found = new Set<string>()): Set<string> {
  const file = bundle[name];
  if (file?.type !== 'chunk' || found.has(name)) return found;
  found.add(name);
  for (const next of [...file.imports, ...file.dynamicImports]) chunksOf(bundle, next, found);
  return found;
}

const weight = (bundle: Bundle, name: string): number => {
  const file = bundle[name]!;
  return gzipSync(file.type === 'chunk' ? file.code : file.source).length;
};

/** Fails a build in which the scripts or the styles of a page are over the budget; tells what each weighs. */
export function budget(): Plugin {
  return {
    name: 'weer-budget',
    apply: 'build',
    enforce: 'post',
    generateBundle: {
      order: 'post',
      handler(_, bundle) {
        for (const [page, file] of Object.entries(bundle)) {
          if (!page.endsWith('.html') || file.type !== 'asset') continue;
          const named = [...String(file.source).matchAll(/"\/(assets\/[^"]+\.(?:js|css))"/g)].map(
            (m) => m[1]!,
          );
          const files = new Set(named.flatMap((n) => (n.endsWith('.js') ? [...chunksOf(bundle, n)] : [n])));
          const sum = { js: 0, css: 0 };
          for (const name of files) sum[name.endsWith('.js') ? 'js' : 'css'] += weight(bundle, name);
          this.info(`${page}: ${sum.js} bytes of script, ${sum.css} of style, gzipped`);
          for (const kind of ['js', 'css'] as const) {
            const limit = kind === 'js' ? (MORE[page] ?? BUDGET.js) : BUDGET.css;
            if (sum[kind] > limit)
              this.error(`${page}: ${kind} weighs ${sum[kind]} bytes gzipped, the budget is ${limit}`);
          }
        }
      },
    },
  };
}
