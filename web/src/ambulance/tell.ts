/** Facts and waits in the screen's language. */
import { facts } from 'virtual:facts';
import type { Fact, Request, Triage } from '../domain/index.ts';
import type { Millis } from '../feed/index.ts';
import { diseaseName, reasonName } from '../kit/names.ts';
import type { Language } from '../kit/words.ts';
import { isSilent } from './course.ts';
import type { Words } from './words.ts';

/** A fact as the rank's own words have it. */
export function factText(f: Fact, language: Language): string {
  const about = f.part === 'door' ? reasonName(f.about, language) : diseaseName(f.about, language);
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
      return w.rejected(reasonName(r.reason, language));
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
    t.category ? diseaseName(t.category, language) : (w.kinds[t.kind ?? ''] ?? ''),
    w.ages[t.age_band ?? ''] ?? '',
    w.sexes[t.sex ?? ''] ?? '',
  ];
  return parts.filter(Boolean).join(' · ');
}
