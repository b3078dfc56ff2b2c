import { gzipSync } from 'node:zlib';
import type { Plugin, Rolldown } from 'vite';

/**
 * What a page may weigh, gzipped, in bytes (R25): its own scripts, with all that it
 * loads later; the scripts that pages share, which a browser fetches once for all of
 * them; its styles.
 */
const BUDGET = { own: 40 << 10, shared: 44 << 10, css: 10 << 10 };

type Bundle = Rolldown.OutputBundle;
type Kind = keyof typeof BUDGET;

/** A page's scripts: its own and all that they load, now or later. */
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

/** The files of each page, by its name. */
function pagesOf(bundle: Bundle): Map<string, Set<string>> {
  const pages = new Map<string, Set<string>>();
  for (const [page, file] of Object.entries(bundle)) {
    if (!page.endsWith('.html') || file.type !== 'asset') continue;
    const named = [...String(file.source).matchAll(/"\/(assets\/[^"]+\.(?:js|css))"/g)].map((m) => m[1]!);
    pages.set(page, new Set(named.flatMap((n) => (n.endsWith('.js') ? [...chunksOf(bundle, n)] : [n]))));
  }
  return pages;
}

/** Fails a build in which a page is over its budget; tells what each weighs. */
export function budget(): Plugin {
  return {
    name: 'weer-budget',
    apply: 'build',
    enforce: 'post',
    generateBundle: {
      order: 'post',
      handler(_, bundle) {
        const pages = pagesOf(bundle);
        const isShared = (name: string) => [...pages.values()].filter((files) => files.has(name)).length > 1;
        for (const [page, files] of pages) {
          const sum: Record<Kind, number> = { own: 0, shared: 0, css: 0 };
          for (const name of files) {
            const kind = name.endsWith('.css') ? 'css' : isShared(name) ? 'shared' : 'own';
            sum[kind] += weight(bundle, name);
          }
          this.info(`${page}, gzipped: ${JSON.stringify(sum)}`);
          for (const kind of Object.keys(BUDGET) as Kind[]) {
            if (sum[kind] > BUDGET[kind])
              this.error(`${page}: ${kind} weighs ${sum[kind]} bytes gzipped, the budget is ${BUDGET[kind]}`);
          }
        }
      },
    },
  };
}
