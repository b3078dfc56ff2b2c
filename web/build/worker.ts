/**
 * Emits /sw.js: the service worker with what this build has, by name. The build has a
 * name of its own, made of all its content, which every page of it carries too.
 */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Plugin, Rolldown } from 'vite';

const TEXT = fileURLToPath(new URL('./sw.js', import.meta.url));

/** The path that the server answers for a file of the build. */
export const pathOf = (name: string): string => '/' + name.replace(/(?:^index)?\.html$/, '');

/** The worker of a build. */
export function workerOf(build: string, names: readonly string[]): string {
  const isPage = (name: string) => name.endsWith('.html');
  const constant = (name: string, value: unknown) => `const ${name} = ${JSON.stringify(value)};\n`;
  return (
    constant('BUILD', build) +
    constant('PAGES', names.filter(isPage).map(pathOf)) +
    constant('FILES', names.filter((n) => !isPage(n)).map(pathOf)) +
    readFileSync(TEXT, 'utf8')
  );
}

/** A page that says of which build it is. */
export const named = (html: string, build: string): string =>
  html.replace('</head>', `  <meta name="build" content="${build}" />\n  </head>`);

const publicFiles = (dir: string): string[] =>
  existsSync(dir) ? readdirSync(dir).filter((name) => !name.startsWith('.')) : [];

export function worker(): Plugin {
  let dir = '';
  return {
    name: 'weer-worker',
    apply: 'build',
    enforce: 'post',
    configResolved(config) {
      dir = config.publicDir;
    },
    generateBundle: {
      order: 'post',
      handler(_, bundle: Rolldown.OutputBundle) {
        const content = new Map<string, string | Uint8Array>(
          publicFiles(dir).map((name) => [name, readFileSync(`${dir}/${name}`)]),
        );
        for (const [name, f] of Object.entries(bundle))
          content.set(name, f.type === 'chunk' ? f.code : f.source);
        const names = [...content.keys()].sort();
        const hash = createHash('sha256');
        for (const name of names) hash.update(name).update(content.get(name)!);
        const build = hash.digest('hex').slice(0, 16);
        for (const f of Object.values(bundle)) {
          if (f.type === 'asset' && f.fileName.endsWith('.html')) f.source = named(String(f.source), build);
        }
        this.emitFile({ type: 'asset', fileName: 'sw.js', source: workerOf(build, names) });
      },
    },
  };
}
