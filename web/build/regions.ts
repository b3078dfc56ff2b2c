import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Plugin } from 'vite';

/** A 시도 as the page offers it. */
export interface Region {
  readonly code: string;
  readonly name: string;
}

const SOURCE = fileURLToPath(new URL('../../model/region.go', import.meta.url));
const NAME = 'virtual:regions';

/** Reads the regions from the rows of model.Regions: regions are data, and stand in one place. */
export function readRegions(source = readFileSync(SOURCE, 'utf8')): Region[] {
  const rows = source.matchAll(/^\t\{"(\d\d)", "[^"]+", "([^"]+)", /gm);
  const regions = [...rows].map(([, code, name]) => ({ code: code!, name: name! }));
  if (regions.length === 0) throw new Error(`no region found in ${SOURCE}: have its rows another form?`);
  return regions;
}

/** Offers them to the page as a module. */
export function regions(): Plugin {
  return {
    name: 'weer-regions',
    resolveId: (id) => (id === NAME ? `\0${NAME}` : null),
    load(id) {
      if (id !== `\0${NAME}`) return null;
      this.addWatchFile(SOURCE);
      return `export const regions = ${JSON.stringify(readRegions())};`;
    },
  };
}
