/** What the pages about accounts say in the same words: roles, and whose they are. */
import type { Language } from '../kit/words.ts';

const ko = {
  crew: '구급대원',
  hospital: '응급실',
  control: '상황실',
  admin: '관리자',
  viewer: '열람',
};

const en = {
  crew: 'Ambulance crew',
  hospital: 'Emergency room',
  control: 'Control room',
  admin: 'Administrator',
  viewer: 'Viewer',
} satisfies typeof ko;

export const ROLE_WORDS: Record<Language, Readonly<Record<string, string>>> = { ko, en };
