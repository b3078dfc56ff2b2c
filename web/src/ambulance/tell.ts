/** Facts and waits in the screen's language. */
import { diseases } from 'virtual:diseases';
import { facts } from 'virtual:facts';
import { reasons } from 'virtual:reasons';
import type { Fact, Request, Triage } from '../domain/index.ts';
import type { Millis } from '../feed/index.ts';
import type { Language } from '../kit/words.ts';
import { isSilent } from './course.ts';
import type { Words } from './words.ts';

const SAID = { ko: 'saidKo', en: 'saidEn' } as const;

/** A disease as a crew says it. */
export function diseaseText(code: string, language: Language): string {
  return diseases.find((d) => d.code === code)?.[SAID[language]] ?? code;
}

export function reasonText(code: string, language: Language): string {
  return reasons.find((r) => r.code === code)?.[language] ?? code;
}

/** A fact as the rank's own words have it. */
export function factText(f: Fact, language: Language): string {
  const about = f.part === 'door' ? reasonText(f.about, language) : diseaseText(f.about, language);
  return (facts[f.code]?.[language] ?? f.code).replace('%s', about).replace('%d', String(f.count));
}

/** m:ss, which counts because somebody waits for it. */
export function clock(ms: number): string {
  const s = Math.max(0, Math.floor(ms / 1000));
  return `${Math.floor(s / 60)}:${String(s % 60).padStart(2, '0')}`;
}

/** What became of a request, in a word and its reason. */
export function requestText(w: Words, r: Request, now: Millis, language: Language): string {
  switch (r.state) {
    case 'pending': {
      const age = clock(now - (r.askedAt ?? now));
      if (isSilent(r, now)) return w.silent(age);
      return w.waits(age, clock((r.answerBy ?? now) - (r.askedAt ?? now)));
    }
    case 'approved':
    case 'arrived':
      return w.accepted;
    case 'rejected':
      return w.rejected(reasonText(r.reason, language));
    case 'expired':
      return w.expired;
    case 'canceled':
      return r.end === 'superseded' ? w.released : w.canceled;
  }
}

/** What is known of a patient, in a line. */
export function triageText(w: Words, t: Triage, language: Language): string {
  const parts = [
    t.ktas === undefined ? '' : `${w.ktas} ${t.ktas}`,
    t.category ? diseaseText(t.category, language) : (w.kinds[t.kind ?? ''] ?? ''),
    w.ages[t.age_band ?? ''] ?? '',
    w.sexes[t.sex ?? ''] ?? '',
  ];
  return parts.filter(Boolean).join(' · ');
}
