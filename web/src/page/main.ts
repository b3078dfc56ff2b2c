/**
 * The plain page: follows one region and shows what it holds, how old it is, and
 * whether that can be trusted. Who decides what: `feed/` what is true and live,
 * `view.ts` and `status.ts` what is shown of it, this file only carries between
 * them, the document and the person.
 */
import { regions } from 'virtual:regions';
import { Client, type ErrorFrame, type Halt, type Millis, type Reader, type Welcome } from '../feed/index.ts';
import type { Shape } from '../kit/shape.ts';
import { modeOf, pillOf, signedOutText, spokenOf, type Line } from '../kit/status.ts';
import { ThemeSwitch } from '../kit/theme.ts';
import type { Language } from '../kit/words.ts';
import { make, setAttribute, setText } from './dom.ts';
import { dictionaries, type Dictionary } from './i18n.ts';
import { noteOf, type Status } from './status.ts';
import { Table } from './table.ts';
import { NO_DEMO_TOKEN, PASTED_TOKEN_OVER, Tokens } from './token.ts';
import { rowsOf, sumOf } from './view.ts';

/** How often ages are looked at, in milliseconds; they change at most every 10 s. */
const AGE_MS = 1_000;
/** A stopped client tries again by itself after this and as much again at most: nobody stands at a wall. */
const RESTART_MS = 10_000;
/** Reload for a new version when nobody touched the page for so long. */
const IDLE_MS = 60_000;

const $ = <T extends HTMLElement = HTMLElement>(id: string): T => document.getElementById(id) as T;

const query = new URLSearchParams(location.search);
const theme = new ThemeSwitch();
const tokens = new Tokens();
const table = new Table();

let language: Language = query.get('lang') === 'en' ? 'en' : 'ko';
let reader: Reader;
let halted: Halt | null = null;
let refused: ErrorFrame | null = null;
let signOutFailed = false;
let build: string | null = null; // of the server that this page first met
let newVersion = false;
let touchedAt = performance.now();

const words = (): Dictionary => dictionaries[language];

const client = new Client({
  urls: [location.origin.replace(/^http/, 'ws') + '/ws'],
  token: tokens.get,
  socket: WebSocket,
  changed: draw,
  linked: draw,
  welcomed,
  refused: (r, error) => {
    if (r === reader) refused = error;
    draw();
  },
  halted: stopped,
});

// What the client tells.

function welcomed(w: Welcome): void {
  halted = null;
  signOutFailed = false;
  build ??= w.build;
  newVersion = w.build !== build;
  draw();
}

function stopped(h: Halt): void {
  halted = h;
  if (tokens.isPerson) sessionOver();
  else if (h.code === NO_DEMO_TOKEN || h.code === PASTED_TOKEN_OVER || tokens.isPasted) askForToken(h);
  else setTimeout(() => client.start(), RESTART_MS * (1 + Math.random()));
  draw();
}

/** The person's session is over, by the server's word: nothing goes on before somebody signs in. */
function sessionOver(): void {
  tokens.session.forget();
  $('signed-out').hidden = false;
  $('board').hidden = !reader.loaded;
}

function askForToken(h: Halt): void {
  $('sign-in').hidden = false;
  $('rejected').hidden = h.code === NO_DEMO_TOKEN;
  $('board').hidden = !reader.loaded;
  $('token').focus();
}

// What the person does.

function signIn(e: SubmitEvent): void {
  e.preventDefault();
  const input = $<HTMLInputElement>('token');
  tokens.paste(input.value);
  input.value = '';
  $('sign-in').hidden = true;
  $('board').hidden = false;
  halted = null;
  client.start();
  draw();
}

async function signOut(): Promise<void> {
  try {
    await tokens.session.signOut();
    location.assign(loginAddress());
  } catch {
    signOutFailed = true;
    draw();
  }
}

const loginAddress = (): string => (language === 'en' ? '/login?lang=en' : '/login');

/** The region of the address, or the first one. */
function regionOfAddress(): string {
  const code = new URLSearchParams(location.search).get('region');
  return regions.some((r) => r.code === code) ? code! : regions[0]!.code;
}

function followRegion(code: string): void {
  const feed = `region:${code}`;
  if (reader?.feed === feed) return;
  if (reader) client.unfollow(reader.feed);
  refused = null;
  table.clear();
  reader = client.follow(feed);
  $<HTMLSelectElement>('region').value = code;
  draw();
}

function chooseRegion(): void {
  const { value } = $<HTMLSelectElement>('region');
  const address = new URL(location.href);
  address.searchParams.set('region', value);
  history.pushState(null, '', address);
  followRegion(value);
}

function switchLanguage(): void {
  language = language === 'ko' ? 'en' : 'ko';
  const address = new URL(location.href);
  if (language === 'en') address.searchParams.set('lang', 'en');
  else address.searchParams.delete('lang');
  history.replaceState(null, '', address);
  translate();
}

/** Puts the fixed texts of the page into the language. */
function translate(): void {
  const d = words();
  document.documentElement.lang = language;
  document.title = `WeER · ${d.title}`;
  for (const el of document.querySelectorAll<HTMLElement>('[data-t]')) {
    const path = el.dataset['t']!.split('.');
    const text = path.reduce<unknown>((at, name) => (at as Record<string, unknown>)[name], d);
    setText(el, text as string);
  }
  setText($('language'), d.otherLanguage);
  $('language').lang = language === 'ko' ? 'en' : 'ko';
  for (const el of document.querySelectorAll('[data-login]')) setAttribute(el, 'href', loginAddress());
  draw();
}

// What is shown.

let drawing = false;

/** Draws at the next frame; asked any number of times before it, once. */
function draw(): void {
  if (drawing) return;
  drawing = true;
  requestAnimationFrame(() => {
    drawing = false;
    show();
  });
}

function show(): void {
  const local = client.now();
  const { link, why } = client.link();
  const status: Status = {
    link,
    why,
    proved: reader.provedAt === null ? null : local - reader.provedAt,
    now: reader.serverTime(local),
    sources: reader.sources,
    mode: client.welcome?.mode ?? null,
    halted: halted?.code ?? null,
    signedOut: halted && tokens.isPerson ? halted.code : null,
    signOutFailed,
    signIn: !$('sign-in').hidden,
    refused: refused?.code ?? null,
    newVersion,
  };
  showStatus(status);
  showBoard(status, status.now ?? Date.now());
  showSession(status);
  showTheme();
}

function showSession(s: Status): void {
  const { who, held } = tokens.session;
  $('to-login').hidden = held;
  $('sign-out').hidden = !held;
  setAttribute($('sign-out'), 'aria-label', who?.name ? words().signedIn(who.name) : words().signOut);
  if (s.signedOut !== null) setText($('signed-out-why'), signedOutText(words(), s.signedOut));
}

function showTheme(): void {
  const d = words();
  setText($('theme'), d.theme[theme.theme]);
  setAttribute($('theme'), 'aria-label', d.themeLabel(d.theme[theme.theme]));
}

function showStatus(s: Status): void {
  const d = words();
  const pill = pillOf(d, s);
  setAttribute($('pill'), 'data-link', s.link);
  showShape($('pill'), pill.shape);
  setText($('pill-word'), pill.word);
  setText($('pill-age'), pill.age);
  setText($('link-spoken'), spokenOf(d, s));
  showLine('mode', modeOf(d, s));
  showLine('note', noteOf(d, s));
}

function showLine(id: 'mode' | 'note', line: Line): void {
  setAttribute($(id), 'data-level', line.level);
  showShape($(id), line.shape);
  setText($(`${id}-text`), line.text);
}

function showShape(within: Element, shape: Shape): void {
  setAttribute(within.querySelector('use')!, 'href', `#${shape}`);
}

function showBoard(s: Status, now: Millis): void {
  const d = words();
  setAttribute($('board'), 'data-link', s.link);
  const rows = reader.loaded ? rowsOf(reader.board(), client.timings, now) : null;
  table.show(rows, d, now);
  const sum = sumOf(rows ?? []);
  setText($('sum'), sum.reported > 0 ? String(sum.free) : '–');
  const minutes = Math.round(client.timings.ageing_ms / 60_000);
  setText($('reported'), rows ? d.reported(sum.reported, sum.hospitals, minutes) : '');
}

function eachSecond(): void {
  theme.apply();
  const idle = performance.now() - touchedAt >= IDLE_MS;
  if (newVersion && idle && $('sign-in').hidden) location.reload();
  draw();
}

// The beginning.

$('table').append(table.element);
for (const { code, name } of regions) $('region').append(make('option', { value: code, lang: 'ko' }, name));
$('region').addEventListener('change', chooseRegion);
$('token-form').addEventListener('submit', signIn);
$('language').addEventListener('click', switchLanguage);
$('theme').addEventListener('click', () => {
  theme.next();
  draw();
});
for (const kind of ['pointerdown', 'keydown']) {
  addEventListener(kind, () => (touchedAt = performance.now()), { passive: true });
}
$('sign-out').addEventListener('click', () => void signOut());
addEventListener('popstate', () => followRegion(regionOfAddress()));
addEventListener('online', () => client.wake());
document.addEventListener('visibilitychange', () => {
  if (!document.hidden) client.wake();
});
followRegion(regionOfAddress());
translate();
client.start();
setInterval(eachSecond, AGE_MS);
