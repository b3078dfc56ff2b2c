/** What this screen says beside what every screen says. */
import { common, type Language } from '../kit/words.ts';

const ko = {
  ...common.ko,
  title: '관리',
};

export type Words = typeof ko;

const en = {
  ...common.en,
  title: 'admin',
} satisfies Words;

export const words: Record<Language, Words> = { ko, en };
