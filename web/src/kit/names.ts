/** What codes are called, from the model's tables. */
import { diseases } from 'virtual:diseases';
import { reasons } from 'virtual:reasons';
import type { Language } from './words.ts';

type Row = { readonly code: string; readonly ko: string; readonly en: string };

/** What the rows of a table are called; a code that it has not is its own name. */
export const named =
  (rows: readonly Row[]) =>
  (code: string, language: Language): string =>
    rows.find((r) => r.code === code)?.[language] ?? code;

export const reasonName = named(reasons);
/** A disease as people say it. */
export const diseaseName = named(diseases.map((d) => ({ code: d.code, ko: d.saidKo, en: d.saidEn })));
