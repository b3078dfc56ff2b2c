/** What a hospital has, and why it may say no, in the model's words. */
import { items } from 'virtual:items';
import { reasons } from 'virtual:reasons';
import { named } from '../kit/names.ts';

export const itemName = named(items);

/** The reasons for a no, in the model's order. */
export const refusals = reasons.filter((r) => r.refuses).map((r) => r.code);

/** R8: a no is two keys. What the digits 1 to 5 are, then the others; each is named as the model names it. */
const FIRST: readonly string[] = ['no_beds', 'no_specialist', 'no_icu', 'no_operating_room', 'other'];
export const offered: readonly string[] = [
  ...FIRST.filter((code) => refusals.includes(code)),
  ...refusals.filter((code) => !FIRST.includes(code)),
];
