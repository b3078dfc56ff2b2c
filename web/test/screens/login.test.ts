/** The sign-in page in a document, against a server of a few lines. */
import { cleanup, render } from '@testing-library/svelte';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import App from '../../src/login/App.svelte';
import { destination, inLanguage, nextOf } from '../../src/login/next.ts';
import { refusalOf, ROLES, words } from '../../src/login/words.ts';
import { Problem, UNREACHABLE } from '../../src/rest/index.ts';

const demo = [
  { login: 'demo.crew', password: 'weer-demo-crew', role: 'crew' },
  { login: 'demo.<b>', password: 'x', role: '<b>new</b>' },
];

let answer: { status: number; body?: object; headers?: Record<string, string> };
let sent: unknown[];
let went: string[];

const $ = <T extends HTMLElement = HTMLElement>(id: string): T => document.getElementById(id) as T;
const settle = () => vi.advanceTimersByTimeAsync(1);

async function open(search = ''): Promise<void> {
  history.replaceState(null, '', `/login${search}`);
  render(App);
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
  cleanup();
  vi.useRealTimers();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

describe('the sign-in page', () => {
  it('signs in and goes to the screen of the role', async () => {
    await open();
    expect(document.activeElement?.id).toBe('login');
    await submit('kim', 'secret');
    expect(sent).toEqual([{ login: 'kim', password: 'secret', cookie: true }]);
    expect(went).toEqual(['/ambulance']);
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
    expect(went).toEqual(['/ambulance']);
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
    expect(went).toEqual(['/']); // of a role that has no screen of its own
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

  it('speaks English, failures too, and takes it along', async () => {
    await open();
    answer = { status: 403, body: { code: 'revoked' } };
    await submit('kim', 'secret');
    $('language').click();
    await settle();
    expect($('failure').textContent).toBe(words.en.failed.revoked);
    expect(document.documentElement.lang).toBe('en');
    answer = { status: 200, body: { access_token: 't' } };
    await submit('kim', 'secret');
    expect(went).toEqual(['/?lang=en']);
  });

  it('stays in the chosen language over a reload, whatever the address said', async () => {
    await open('?lang=en&next=%2Fadmin');
    $('language').click();
    await settle();
    expect(location.search).toBe('?lang=ko&next=%2Fadmin');
    cleanup();
    render(App);
    await settle();
    expect(document.documentElement.lang).toBe('ko');
  });

  it('goes back to where somebody wanted to go, and nowhere else', async () => {
    await open('?next=%2Fhospital%3Fas%3Da');
    await submit('kim', 'secret');
    cleanup();
    await open('?next=%2F%2Fevil.example');
    await submit('kim', 'secret');
    expect(went).toEqual(['/hospital?as=a', '/ambulance']);
  });

  it('says why a sign-up was rejected', async () => {
    await open();
    answer = { status: 403, body: { code: 'rejected', field: 'reason', detail: '소속이 <b>다릅니다</b>' } };
    await submit('kim', 'secret');
    expect($('failure').textContent).toBe(`${words.ko.failed.rejected} 사유: 소속이 <b>다릅니다</b>`);
  });

  it('leads to the sign-up', async () => {
    await open();
    expect($('to-signup').getAttribute('href')).toBe('/signup');
    $('language').click();
    await settle();
    expect($('to-signup').getAttribute('href')).toBe('/signup?lang=en');
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
      const said = [...codes, 'internal'].map((code) => refusalOf(w, new Problem(code, '')));
      expect(new Set(said).size).toBe(said.length);
      expect(refusalOf(w, new Error('of our own'))).toBe(w.failedElse);
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

describe('where next leads', () => {
  const at = (next: string) => nextOf(`?next=${encodeURIComponent(next)}`);

  it.each(['/', '/hospital', '/ambulance?as=demo.crew', '/admin#x', '/a%20b', '/가'])('to %s', (next) => {
    expect(at(next)).toBe(next);
  });

  it.each([
    '//evil.example',
    '///evil.example',
    '/\\evil.example',
    '\\\\evil.example',
    '/\t/evil.example',
    '/\n/evil.example',
    '\t//evil.example',
    ' /hospital',
    '/hospital\\..\\..',
    'https://evil.example/',
    'javascript:alert(1)',
    'hospital',
    '',
    '/login',
    '/signup?lang=en',
  ])('never to %j', (next) => {
    expect(at(next)).toBeNull();
  });

  it('nowhere when nobody asked', () => expect(nextOf('?lang=en')).toBeNull());

  it('never leaves this host, whatever is asked', () => {
    const pieces = [
      '/',
      '\\',
      '.',
      '..',
      ':',
      '@',
      '?',
      '#',
      '%2f',
      '%5c',
      '\t',
      ' ',
      'evil.example',
      'javascript:',
    ];
    for (const a of pieces)
      for (const b of pieces)
        for (const c of pieces)
          for (const d of pieces) {
            const next = at(a + b + c + d);
            if (next === null) continue;
            for (const language of ['ko', 'en'] as const) {
              const end = new URL(inLanguage(next, language), 'https://weer.example/login');
              expect(end.origin, a + b + c + d).toBe('https://weer.example');
            }
          }
  });

  it('to each role’s own screen, with the language', () => {
    const of = (role: string, language: 'ko' | 'en' = 'ko') => destination(role, '', language);
    expect(['crew', 'hospital', 'admin', 'control', 'viewer'].map((role) => of(role))).toEqual([
      '/ambulance',
      '/hospital',
      '/admin',
      '/',
      '/',
    ]);
    expect(of('crew', 'en')).toBe('/ambulance?lang=en');
    expect(destination('crew', '?next=%2Fadmin%3Fas%3Da%23b', 'en')).toBe('/admin?as=a&lang=en#b');
    expect(destination('crew', '?next=%2Fadmin%3Flang%3Den', 'ko')).toBe('/admin?lang=ko');
  });
});
