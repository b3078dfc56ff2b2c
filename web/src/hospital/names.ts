/** What codes are called, from the model's tables. */
import { diseases } from 'virtual:diseases';
import { items } from 'virtual:items';
import { reasons } from 'virtual:reasons';
import type { Language } from '../kit/words.ts';

type Row = { readonly code: string; readonly ko: string; readonly en: string };

const named =
  (rows: readonly Row[]) =>
  (code: string, language: Language): string =>
    rows.find((r) => r.code === code)?.[language] ?? code;

export const itemName = named(items);
export const reasonName = named(reasons);
/** A disease as people say it. */
export const diseaseName = named(diseases.map((d) => ({ code: d.code, ko: d.saidKo, en: d.saidEn })));

/** The reasons for a no, in the model's order. */
export const refusals = reasons.filter((r) => r.refuses).map((r) => r.code);

/** R8: a no is two keys. What the digits 1 to 5 are, then the others; each is named as the model names it. */
const FIRST: readonly string[] = ['no_beds', 'no_specialist', 'no_icu', 'no_operating_room', 'other'];
export const offered: readonly string[] = [
  ...FIRST.filter((code) => refusals.includes(code)),
  ...refusals.filter((code) => !FIRST.includes(code)),
];
