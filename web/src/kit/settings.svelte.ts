/** How somebody wants a screen: day or night, Korean or English. Both stay with the browser. */
import { ThemeSwitch, type Theme } from './theme.ts';
import type { Language } from './words.ts';

const STORE = 'weer.lang';

/** That of the address, else the one chosen last, else Korean. */
function firstLanguage(): Language {
  const said = new URLSearchParams(location.search).get('lang');
  if (said !== null) return said === 'en' ? 'en' : 'ko';
  try {
    return localStorage.getItem(STORE) === 'en' ? 'en' : 'ko';
  } catch {
    return 'ko';
  }
}

/** An address that names a language names the chosen one, or a reload would take the choice back. */
function sayInAddress(language: Language): void {
  const address = new URL(location.href);
  if (!address.searchParams.has('lang')) return;
  address.searchParams.set('lang', language);
  history.replaceState(history.state, '', address);
}

/** The sun sets: how often that is looked at, for as long as the page lives. */
const SUN_MS = 60_000;

export class Settings {
  language = $state.raw<Language>(firstLanguage());
  theme = $state.raw<Theme>('auto');
  readonly #switch = new ThemeSwitch();

  constructor() {
    this.theme = this.#switch.theme;
    document.documentElement.lang = this.language;
    setInterval(() => this.#switch.apply(), SUN_MS);
  }

  nextTheme(): void {
    this.#switch.next();
    this.theme = this.#switch.theme;
  }

  nextLanguage(): void {
    this.language = this.language === 'ko' ? 'en' : 'ko';
    document.documentElement.lang = this.language;
    sayInAddress(this.language);
    try {
      localStorage.setItem(STORE, this.language);
    } catch {
      return; // then the choice lasts as long as the page
    }
  }
}
