/**
 * The patient before anybody was asked: what a crew presses, as a triage. Nothing
 * has to be typed, and nothing has to be known but the condition.
 */
import type { Triage } from '../domain/index.ts';

/** A condition that has a button of its own. 소아 is an age and goes with each of them. */
export type Condition = 'arrest' | 'mi' | 'stroke' | 'trauma' | 'birth';

/** What a condition says of a patient. An arrest (심정지) is KTAS 1 by definition and no severe disease of the list. */
const SAYS: Readonly<Record<Condition, Triage>> = {
  arrest: { ktas: 1, kind: 'disease' },
  mi: { category: 'severe.mi_reperfusion', kind: 'disease' },
  stroke: { category: 'severe.stroke_reperfusion', kind: 'disease' },
  trauma: { kind: 'injury' },
  birth: { category: 'severe.delivery', kind: 'disease', sex: 'female' },
};

export const CONDITIONS = Object.keys(SAYS) as readonly Condition[];

export interface Draft {
  /** The button that is down; '' of none. */
  readonly condition: Condition | '';
  readonly triage: Triage;
  /** Kind of bed that is needed; '' the emergency room's for the age. */
  readonly item: string;
}

export const BLANK: Draft = { condition: '', triage: {}, item: '' };

/** Takes away what the button that was down had said, and only that. */
function without(triage: Triage, said: Triage): Triage {
  const left = Object.entries(triage).filter(([name, v]) => said[name as keyof Triage] !== v);
  return Object.fromEntries(left);
}

/** Presses a condition; the one that is down comes up. */
export function press(d: Draft, condition: Condition): Draft {
  const before = d.condition === '' ? d.triage : without(d.triage, SAYS[d.condition]);
  if (d.condition === condition) return { ...d, condition: '', triage: before };
  const { category: _, ...kept } = before;
  return { ...d, condition, triage: { ...kept, ...SAYS[condition] } };
}

/** Sets one thing that is known of the patient, or takes it back. */
export function say<K extends keyof Triage>(d: Draft, name: K, value: Triage[K] | undefined): Draft {
  const { [name]: was, ...rest } = d.triage;
  const triage = value === undefined || value === was ? rest : { ...rest, [name]: value };
  const condition = name === 'category' || name === 'kind' ? '' : d.condition;
  return { ...d, condition, triage: triage as Triage };
}

/** Whether there is enough to ask: a condition, an urgency, or anything else that is known. */
export const isKnown = (t: Triage): boolean => Object.keys(t).length > 0;
