/** What this screen says beside what every screen says. */
import { common, type Language } from '../kit/words.ts';

const ko = {
  ...common.ko,
  title: '응급실',
};

export type Words = typeof ko;

const en = {
  ...common.en,
  title: 'hospital',
} satisfies Words;

export const words: Record<Language, Words> = { ko, en };
