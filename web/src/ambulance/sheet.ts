import type { Language } from '../kit/words.ts';
import type { Ambulance } from './ambulance.svelte.ts';
import type { Words } from './words.ts';

/** What every sheet of the ambulance is given; each takes what it needs. */
export interface SheetProps {
  readonly a: Ambulance;
  /** hpid of the one that is looked at. */
  readonly hospital: string;
  readonly words: Words;
  readonly language: Language;
  readonly onopen: (id: string) => void;
  readonly onunit: () => void;
  readonly onclose: () => void;
}
