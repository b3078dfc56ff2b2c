/** The sign-in page: a login and a password, or one press on an account of a simulated server. Then to the board. */
import { make, setAttribute, setText } from '../page/dom.ts';
import { ThemeSwitch } from '../kit/theme.ts';
import { demoAccounts, Problem, Session, type DemoAccount } from '../rest/index.ts';
import { failureOf, ROLES, words, type Words } from './words.ts';

const $ = <T extends HTMLElement = HTMLElement>(id: string): T => document.getElementById(id) as T;

/** How often the page looks at the clock, in milliseconds. */
const TICK_MS = 250;

const session = new Session();
const theme = new ThemeSwitch();
let language: 'ko' | 'en' = new URLSearchParams(location.search).get('lang') === 'en' ? 'en' : 'ko';
let failure: unknown = null;
let busy = false;
let waitUntil = 0; // by performance.now()

const w = (): Words => words[language];

async function signIn(login: string, password: string): Promise<void> {
  if (busy || waiting() > 0) return;
  busy = true;
  failure = null;
  show();
  try {
    await session.signIn(login, password);
    location.assign(board());
  } catch (err) {
    failed(err);
  }
}

function failed(err: unknown): void {
  busy = false;
  failure = err;
  if (err instanceof Problem && err.retryAfterMs > 0) waitUntil = performance.now() + err.retryAfterMs;
  show();
  const password = $<HTMLInputElement>('password');
  password.value = '';
  if (err instanceof Problem && err.code === 'bad_credentials') password.focus();
}

/** Whole seconds until the server listens again. */
function waiting(): number {
  return Math.max(0, Math.ceil((waitUntil - performance.now()) / 1000));
}

function submitted(e: SubmitEvent): void {
  e.preventDefault();
  for (const id of ['login', 'password']) {
    if ($<HTMLInputElement>(id).value !== '') continue;
    $(id).focus();
    return;
  }
  void signIn($<HTMLInputElement>('login').value, $<HTMLInputElement>('password').value);
}

function board(): string {
  return language === 'en' ? '/?lang=en' : '/';
}

function show(): void {
  const seconds = waiting();
  setText($('submit'), busy ? w().waiting : seconds > 0 ? w().wait(seconds) : w().submit);
  setAttribute($('submit'), 'aria-disabled', String(busy || seconds > 0));
  setText($('failure'), failure === null ? '' : failureOf(w(), failure));
  const chosen = w().theme[theme.theme];
  setText($('theme'), chosen);
  setAttribute($('theme'), 'aria-label', w().themeLabel(chosen));
}

function translate(): void {
  document.documentElement.lang = language;
  document.title = `WeER · ${w().title}`;
  for (const el of document.querySelectorAll<HTMLElement>('[data-t]')) {
    setText(el, (w() as unknown as Record<string, string>)[el.dataset['t']!]!);
  }
  setText($('language'), w().otherLanguage);
  $('language').lang = language === 'ko' ? 'en' : 'ko';
  setAttribute($('board'), 'href', board());
  show();
}

function switchLanguage(): void {
  language = language === 'ko' ? 'en' : 'ko';
  history.replaceState(null, '', language === 'en' ? '?lang=en' : location.pathname);
  translate();
}

function offer(accounts: readonly DemoAccount[]): void {
  for (const { login, password, role } of accounts) {
    const button = make('button', { type: 'button', 'data-role': role }, ROLES[role] ?? role);
    button.addEventListener('click', () => void signIn(login, password));
    $('accounts').append(make('li', {}, button));
  }
  $('demo').hidden = accounts.length === 0;
}

$('form').addEventListener('submit', submitted);
$('language').addEventListener('click', switchLanguage);
$('theme').addEventListener('click', () => {
  theme.next();
  show();
});
setInterval(() => {
  theme.apply();
  show();
}, TICK_MS);
translate();
$('login').focus();
void demoAccounts().then(offer);
