/** When a page makes way for a new version of itself. */

/** Nobody touched the page for so long. */
const IDLE_MS = 60_000;

export interface Page {
  /** It is of another build than the server. */
  readonly old: boolean;
  /** The server is there to give the new one. */
  readonly live: boolean;
  /** A reload would interrupt somebody: a patient, an answer half given. */
  readonly busy: boolean;
  readonly untouchedMs: number;
}

/** Whether it reloads now by itself: only when nobody would notice. Until then it says that there is a new version. */
export const mayReload = (p: Page): boolean => p.old && p.live && !p.busy && p.untouchedMs >= IDLE_MS;
