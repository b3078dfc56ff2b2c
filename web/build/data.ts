/**
 * Offers the pages what stands in the model's tables, as modules: regions, severe
 * diseases, reasons and items are data, and stand in one place. It is read from
 * the Go source when the pages are built, so they need no server to name a thing.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Plugin } from 'vite';

/** A code, and what it is called. */
export interface Named {
  readonly code: string;
  readonly ko: string;
  readonly en: string;
}

/** A severe disease (중증응급질환), and what a crew calls it. */
export interface Disease extends Named {
  readonly saidKo: string;
  readonly saidEn: string;
}

/** A 시도. */
export interface Region {
  readonly code: string;
  readonly name: string;
  /** Digits two and three of the hpids of its hospitals. */
  readonly prefixes: readonly string[];
}

/** Why a hospital says no, or announces something. */
export interface Reason extends Named {
  /** It speaks of what the hospital cannot do now. */
  readonly refuses: boolean;
}

/** What is counted: beds, equipment. */
export interface Item extends Named {
  /** Key of the region's feed in which it is. */
  readonly group: 'er' | 'icu' | 'beds' | 'equipment';
  /** Its value is 1 (usable) or 0, and no number of beds. */
  readonly yesNo: boolean;
}

const fileOf = (name: string): string => fileURLToPath(new URL(`../../model/${name}`, import.meta.url));

/** The rows of a table in a Go file; a table without rows has another form than this reads. */
function rowsOf(name: string, row: RegExp, source = readFileSync(fileOf(name), 'utf8')): string[][] {
  const rows = [...source.matchAll(row)].map((m) => m.slice(1).map((cell) => cell ?? ''));
  if (rows.length === 0) throw new Error(`no row found in ${fileOf(name)}: have its rows another form?`);
  return rows;
}

export const readRegions = (source?: string): Region[] =>
  rowsOf('region.go', /^\t\{"(\d\d)", "[^"]+", "([^"]+)", \[\]string\{([^}]+)\}/gm, source).map((row) => {
    const [code, name, prefixes] = row as [string, string, string];
    return { code, name, prefixes: prefixes.match(/\d\d/g)! };
  });

export function readDiseases(): Disease[] {
  const words = rowsOf('rank_words.go', /^\t"(severe\.\w+)":\s+\{"([^"]+)", "([^"]+)"\},/gm);
  const said = new Map(words.map(([code, ko, en]) => [code, { saidKo: ko!, saidEn: en! }]));
  return rowsOf('disease.go', /^\t\{"(severe\.\w+)", "\w*", "([^"]+)", "([^"]+)"\},/gm).map((row) => {
    const [code, ko, en] = row as [string, string, string];
    return { code, ko, en, ...said.get(code)! };
  });
}

/** What the facts of a rank are called: %d is a fact's count, %s what it is about. */
export function readFacts(): Record<string, { ko: string; en: string }> {
  const codes = new Map(rowsOf('rank_fact.go', /^\t(Fact\w+)\s+FactCode = "(\w+)"/gm) as [string, string][]);
  const table = readFileSync(fileOf('rank_words.go'), 'utf8').split('var thingWords', 1)[0]!;
  const rows = rowsOf('rank_words.go', /^\t(Fact\w+):\s+\{"([^"]+)", "([^"]+)"\},/gm, table);
  return Object.fromEntries(rows.map(([name, ko, en]) => [codes.get(name!)!, { ko: ko!, en: en! }]));
}

export function readReasons(): Reason[] {
  const codes = new Map(
    rowsOf('reason.go', /^\t(Reason\w+)\s+AnnouncementReason = "(\w+)"/gm) as [string, string][],
  );
  return rowsOf('reason.go', /^\t\{(Reason\w+), "([^"]+)", "([^"]+)", (true|false), /gm).map((row) => {
    const [name, ko, en, refuses] = row as [string, string, string, string];
    return { code: codes.get(name)!, ko, en, refuses: refuses === 'true' };
  });
}

export const readItems = (): Item[] =>
  rowsOf('item.go', /^\t\{"([\w.]+)", Group(\w+), (true|false), "([^"]+)", "([^"]+)"\},/gm).map((row) => {
    const [code, group, yesNo, ko, en] = row as [string, string, string, string, string];
    return { code, group: group.toLowerCase() as Item['group'], yesNo: yesNo === 'true', ko, en };
  });

const MODULES: Readonly<Record<string, { file: string; read: () => unknown }>> = {
  regions: { file: 'region.go', read: readRegions },
  diseases: { file: 'disease.go', read: readDiseases },
  reasons: { file: 'reason.go', read: readReasons },
  items: { file: 'item.go', read: readItems },
  facts: { file: 'rank_words.go', read: readFacts },
};

const NAME = /^\0?virtual:(\w+)$/;

/** `import { regions } from 'virtual:regions'`, and so on. */
export function data(): Plugin {
  return {
    name: 'weer-data',
    resolveId: (id) => ((MODULES[NAME.exec(id)?.[1] ?? ''] ?? null) ? `\0${id}` : null),
    load(id) {
      const name = NAME.exec(id)?.[1] ?? '';
      const module = MODULES[name];
      if (!module) return null;
      this.addWatchFile(fileOf(module.file));
      return `export const ${name} = ${JSON.stringify(module.read())};`;
    },
  };
}
