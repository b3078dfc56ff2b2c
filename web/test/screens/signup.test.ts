/** The sign-up page in a document, against a server of a few lines. */
import { cleanup, render } from '@testing-library/svelte';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import App from '../../src/signup/App.svelte';
import { FIELDS, isAsked, ROLES, signUpOf, wrongOf } from '../../src/signup/form.ts';
import { words } from '../../src/signup/words.ts';
import { Problem } from '../../src/rest/index.ts';

const w = words.ko;
const $ = <T extends HTMLElement = HTMLInputElement>(id: string): T => document.getElementById(id) as T;
const settle = () => new Promise((done) => setTimeout(done));

let answers: (() => Response)[];
let sent: { body: Record<string, unknown>; key: string | null }[];

const says = (status: number, body: object) => () => new Response(JSON.stringify(body), { status });
const invalid = (...fields: string[]) =>
  says(422, { code: 'invalid', field: fields[0], errors: fields.map((field) => ({ field, detail: 'x' })) });

beforeEach(async () => {
  localStorage.clear();
  answers = [];
  sent = [];
  vi.stubGlobal('fetch', async (_: string, init: RequestInit) => {
    const key = new Headers(init.headers).get('Idempotency-Key');
    sent.push({ body: JSON.parse(init.body as string), key });
    return answers.shift()!();
  });
  render(App);
  await settle();
});

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

async function submit(answer: () => Response): Promise<void> {
  answers.push(answer);
  $('form').dispatchEvent(new Event('submit', { cancelable: true }));
  await settle();
  await settle();
}

async function choose(role: string): Promise<void> {
  document.querySelector<HTMLInputElement>(`[name=role][value=${role}]`)!.click();
  await settle();
}

const marked = () =>
  [...document.querySelectorAll('.wrong')].map((e) => e.closest('[data-field]')!.getAttribute('data-field'));

describe('the sign-up page', () => {
  it('names every field that is wrong, at the field, and begins with the first', async () => {
    $('name').value = '김구급';
    await submit(invalid('password', 'login', 'certificate', 'regions'));
    expect(marked()).toEqual(['certificate', 'regions', 'login', 'password']);
    expect(document.activeElement?.id).toBe('certificate');
    expect($('certificate').getAttribute('aria-invalid')).toBe('true');
    const about = $('certificate').getAttribute('aria-describedby')!.split(' ');
    expect(about.map((id) => $(id).textContent)).toEqual([w.wrong.certificate, w.hints.certificate]);
    expect($('failure').textContent).toBe(w.wrongSum(4));
    expect($('failure').getAttribute('role')).toBe('alert');
  });

  it('loses nothing that was typed, whatever goes wrong', async () => {
    const typed: [string, string][] = [
      ['name', '김구급'],
      ['organisation', '강남소방서'],
      ['certificate', '12-345'],
      ['email', 'kim@'],
      ['phone', '010'],
      ['login', 'Kim'],
      ['password', 'secret'],
    ];
    for (const [id, value] of typed) $(id).value = value;
    for (const answer of [
      invalid('email'),
      says(503, { code: 'unavailable' }),
      says(429, { code: 'too_many_requests' }),
    ]) {
      await submit(answer);
      for (const [id, value] of typed) expect($(id).value).toBe(value);
    }
    await choose('viewer');
    $('language').click();
    await settle();
    await choose('crew');
    for (const [id, value] of typed) expect($(id).value).toBe(value);
  });

  it('takes a mark away when its field is touched', async () => {
    await submit(invalid('name', 'phone'));
    $('name').dispatchEvent(new Event('input', { bubbles: true }));
    await settle();
    expect(marked()).toEqual(['phone']);
  });

  it('says what to do about a weak password', async () => {
    await submit(says(422, { code: 'invalid', field: 'password', detail: 'is easy to guess' }));
    expect(document.activeElement?.id).toBe('password');
    expect($('password-wrong').textContent).toBe(w.wrong.password);
  });

  it('says what happens next, and forgets the password', async () => {
    $('login').value = 'kim';
    $('password').value = 'secret';
    await submit(says(202, { state: 'pending' }));
    expect($('done').hidden).toBe(false);
    expect(document.activeElement?.textContent).toBe('관리자의 승인을 기다립니다');
    expect($('done').textContent).toContain('kim');
    expect($('password').value).toBe('');
  });

  it('asks again under the same key when no answer came', async () => {
    for (const id of ['name', 'login']) $(id).value = id;
    await submit(() => {
      throw new TypeError('no network');
    });
    expect($('failure').textContent).toBe(w.failed.unreachable);
    await submit(says(202, { state: 'pending' }));
    expect(sent[0]).toEqual(sent[1]);
    expect(sent[0]!.key).toBeTruthy();
  });

  it('shows the password when it is asked to', async () => {
    expect($('password').type).toBe('password');
    $('show').click();
    await settle();
    expect($('password').type).toBe('text');
    expect($('show').getAttribute('aria-label')).toBe(w.hideLabel);
  });

  it.each([
    ['name', 'name'],
    ['organisation', 'organization'],
    ['email', 'email'],
    ['phone', 'tel'],
    ['login', 'username'],
    ['password', 'new-password'],
  ])('tells the browser what %s is', (id, is) => {
    expect($(id).getAttribute('autocomplete')).toBe(is);
    expect(document.querySelector(`label[for=${id}]`)?.textContent).toBeTruthy();
  });
});

describe('what is sent', () => {
  const form = new FormData();
  for (const [name, value] of [
    ['name', ' 김 '],
    ['organization', '소방서'],
    ['certificate', '1'],
    ['hospital', 'a1100017'],
    ['region', '11'],
    ['regions', '26'],
    ['regions', '27'],
    ['email', 'e'],
    ['tel', 't'],
    ['username', 'u'],
    ['password', ' p '],
  ] as const)
    form.append(name, value);
  const same = { name: '김', organisation: '소방서', email: 'e', phone: 't', login: 'u', password: ' p ' };

  it('is what the role is asked for', () => {
    expect(signUpOf(form, 'crew')).toEqual({ ...same, role: 'crew', certificate: '1', regions: ['11'] });
    expect(signUpOf(form, 'hospital')).toEqual({ ...same, role: 'hospital', hospital: 'A1100017' });
    expect(signUpOf(form, 'control')).toEqual({ ...same, role: 'control', regions: ['26', '27'] });
    expect(signUpOf(form, 'viewer')).toEqual({ ...same, role: 'viewer' });
    expect(signUpOf(new FormData(), 'crew').regions).toEqual([]);
  });
});

describe('fields that are wrong', () => {
  const problem = (...names: string[]) =>
    new Problem('invalid', '', { status: 422, fields: names.map((field) => ({ field, detail: '' })) });

  it('are known in the order in which they stand, parts as the whole, once each', () => {
    expect(wrongOf(problem('password', 'regions[0]', 'regions[1]', 'name'), 'control')).toEqual([
      'name',
      'regions',
      'password',
    ]);
  });

  it('are only those that are in sight', () => {
    expect(wrongOf(problem('hospital', 'nonsense'), 'crew')).toEqual([]);
  });

  it('have a sentence each, of 31 characters or less (R27)', () => {
    for (const field of FIELDS) expect(w.wrong[field].length, field).toBeLessThanOrEqual(31);
    for (const text of Object.values(w.failed)) expect(text.length, text).toBeLessThanOrEqual(31);
    expect(w.wrongSum(10).length).toBeLessThanOrEqual(31);
  });

  it('are asked of somebody', () => {
    for (const field of FIELDS) expect(ROLES.some((role) => isAsked(field, role))).toBe(true);
  });
});
