/** Day or night: by the clock, until somebody chooses. */
export type Theme = 'auto' | 'day' | 'night';

const NEXT: Record<Theme, Theme> = { auto: 'day', day: 'night', night: 'auto' };
const STORE = 'weer.theme';

/** What auto means at an hour of the local clock. */
export const themeAt = (hour: number): 'day' | 'night' => (hour >= 7 && hour < 19 ? 'day' : 'night');

export class ThemeSwitch {
  #theme: Theme;

  constructor() {
    const kept = read();
    this.#theme = kept !== null && kept in NEXT ? (kept as Theme) : 'auto';
    this.apply();
  }

  get theme(): Theme {
    return this.#theme;
  }

  next(): void {
    this.#theme = NEXT[this.#theme];
    write(this.#theme);
    this.apply();
  }

  /** Also called from time to time: the sun sets. */
  apply(): void {
    const shown = this.#theme === 'auto' ? themeAt(new Date().getHours()) : this.#theme;
    if (document.documentElement.dataset['theme'] !== shown)
      document.documentElement.dataset['theme'] = shown;
  }
}

// A browser may refuse its store; then the choice lasts as long as the page.
function read(): string | null {
  try {
    return localStorage.getItem(STORE);
  } catch {
    return null;
  }
}

function write(theme: Theme): void {
  try {
    localStorage.setItem(STORE, theme);
  } catch {
    return;
  }
}
