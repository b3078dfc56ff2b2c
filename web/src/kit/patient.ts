/** A patient in words: a crew and an emergency room have to read the same of the same. */
import type { Language } from './words.ts';

const ko = {
  ages: {
    newborn: '신생아',
    infant: '영아',
    child: '소아',
    adolescent: '청소년',
    adult: '성인',
    elderly: '노인',
  } as Record<string, string>,
  sexes: { male: '남', female: '여' } as Record<string, string>,
  kinds: { disease: '질병', injury: '손상' } as Record<string, string>,
  /** 의식 수준 (AVPU). */
  avpus: { alert: '명료', voice: '음성 반응', pain: '통증 반응', unresponsive: '무반응' } as Record<
    string,
    string
  >,
};

export type PatientWords = typeof ko;

const en = {
  ages: {
    newborn: 'Newborn',
    infant: 'Infant',
    child: 'Child',
    adolescent: 'Adolescent',
    adult: 'Adult',
    elderly: 'Elderly',
  },
  sexes: { male: 'Male', female: 'Female' },
  kinds: { disease: 'Disease', injury: 'Injury' },
  avpus: { alert: 'Alert', voice: 'Voice', pain: 'Pain', unresponsive: 'Unresponsive' },
} satisfies PatientWords;

export const patientWords: Record<Language, PatientWords> = { ko, en };
