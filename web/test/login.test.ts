// @vitest-environment happy-dom
/** The sign-in page in a document, against a server of a few lines. */
import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Problem, UNREACHABLE } from '../src/rest/index.ts';
import { failureOf, ROLES, words } from '../src/login/words.ts';

const html = readFileSync('login.html', 'utf8');
const body = html.slice(html.indexOf('<body>') + 6, html.indexOf('</body>'));
const demo = [
  { login: 'demo.crew', password: 'weer-demo-crew', role: 'crew' },
  { login: 'demo.<b>', password: 'x', role: '<b>new</b>' },
];

let answer: { status: number; body?: object; headers?: Record<string, string> };
let sent: unknown[];
let went: string[];

const $ = <T extends HTMLElement = HTMLElement>(id: string): T => document.getElementById(id) as T;
const settle = () => vi.advanceTimersByTimeAsync(1);

async function open(): Promise<void> {
  vi.resetModules();
  document.body.innerHTML = body;
  await import('../src/login/main.ts');
  await settle();
}

async function submit(login: string, password: string): Promise<void> {
  $<HTMLInputElement>('login').value = login;
  $<HTMLInputElement>('password').value = password;
  $('form').dispatchEvent(new Event('submit', { cancelable: true }));
  await settle();
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'setTimeout', 'clearTimeout', 'performance'] });
  localStorage.clear();
  answer = { status: 200, body: { access_token: 't', session: { role: 'crew', name: '김' } } };
  sent = [];
  went = [];
  vi.spyOn(location, 'assign').mockImplementation((to) => void went.push(String(to)));
  vi.stubGlobal('fetch', async (path: string, init: RequestInit) => {
    if (path === '/api/v1/session/demo') return new Response(JSON.stringify({ items: demo }));
    sent.push(JSON.parse(init.body as string));
    return new Response(JSON.stringify(answer.body ?? {}), {
      status: answer.status,
      headers: answer.headers ?? {},
    });
  });
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

describe('the sign-in page', () => {
  it('signs in and goes to the board', async () => {
    await open();
    expect(document.activeElement?.id).toBe('login');
    await submit('kim', 'secret');
    expect(sent).toEqual([{ login: 'kim', password: 'secret', cookie: true }]);
    expect(went).toEqual(['/']);
  });

  it('asks for what is missing before it asks the server', async () => {
    await open();
    await submit('kim', '');
    expect(document.activeElement?.id).toBe('password');
    expect(sent).toEqual([]);
  });

  it('signs in as a demo account at one press, and shows roles as text', async () => {
    await open();
    const buttons = [...document.querySelectorAll<HTMLButtonElement>('#accounts button')];
    expect(buttons.map((b) => b.textContent)).toEqual(['구급대원 · Crew', '<b>new</b>']);
    expect($('demo').hidden).toBe(false);
    buttons[0]!.click();
    await settle();
    expect(sent).toEqual([{ login: 'demo.crew', password: 'weer-demo-crew', cookie: true }]);
    expect(went).toEqual(['/']);
  });

  it('says that the password is wrong, empties it, and is ready for another', async () => {
    await open();
    answer = { status: 401, body: { code: 'bad_credentials' } };
    await submit('kim', 'wrong');
    expect($('failure').textContent).toBe(words.ko.failed.bad_credentials);
    expect($('failure').getAttribute('role')).toBe('alert');
    expect($<HTMLInputElement>('password').value).toBe('');
    expect(document.activeElement?.id).toBe('password');
    answer = { status: 200, body: { access_token: 't' } };
    await submit('kim', 'right');
    expect(went).toEqual(['/']);
  });

  it('counts the seconds that the server wants, and asks nothing before they are over', async () => {
    await open();
    answer = { status: 429, body: { code: 'too_many_requests' }, headers: { 'Retry-After': '3' } };
    await submit('kim', 'guess');
    expect($('failure').textContent).toBe(words.ko.failed.too_many_requests);
    const seen = [$('submit').textContent];
    await submit('kim', 'guess');
    expect(sent.length).toBe(1);
    for (let s = 0; s < 3; s++) {
      await vi.advanceTimersByTimeAsync(1_250);
      seen.push($('submit').textContent);
    }
    expect(seen).toEqual([words.ko.wait(3), words.ko.wait(2), words.ko.wait(1), words.ko.submit]);
    expect($('submit').getAttribute('aria-disabled')).toBe('false');
    await submit('kim', 'guess');
    expect(sent.length).toBe(2);
  });

  it('speaks English, failures too, and takes it along to the board', async () => {
    await open();
    answer = { status: 403, body: { code: 'revoked' } };
    await submit('kim', 'secret');
    $('language').click();
    expect($('failure').textContent).toBe(words.en.failed.revoked);
    expect(document.documentElement.lang).toBe('en');
    answer = { status: 200, body: { access_token: 't' } };
    await submit('kim', 'secret');
    expect(went).toEqual(['/?lang=en']);
  });

  it('has a label for each input', async () => {
    await open();
    for (const id of ['login', 'password']) {
      expect(document.querySelector(`label[for=${id}]`)?.textContent).toBeTruthy();
    }
  });
});

describe('words of failures', () => {
  const codes = [
    'bad_credentials',
    'not_approved',
    'rejected',
    'revoked',
    'too_many_requests',
    'invalid',
    UNREACHABLE,
  ];

  it('are another sentence for each, in both languages', () => {
    for (const w of [words.ko, words.en]) {
      const said = [...codes, 'internal'].map((code) => failureOf(w, new Problem(code, '')));
      expect(new Set(said).size).toBe(said.length);
      expect(failureOf(w, new Error('of our own'))).toBe(w.failedElse);
    }
  });

  it('are 31 characters or less (R27)', () => {
    for (const text of [...Object.values(words.ko.failed), words.ko.failedElse]) {
      expect(text.length, text).toBeLessThanOrEqual(31);
    }
  });

  it('name every role that a demo has, in both languages', () => {
    for (const role of ['crew', 'hospital', 'control', 'admin', 'viewer']) {
      expect(ROLES[role]).toMatch(/^[가-힣]+ · [A-Z]/);
    }
  });
});
