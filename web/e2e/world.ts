/**
 * What the end-to-end tests do beside the pages: people who act over REST, accounts,
 * the simulated E-Gen. WEER_URL is the server, simulated and on this machine.
 */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { url } from './browser.ts';
import type { BrowserContext } from 'playwright-core';

export const API = `${url}/api/v1`;
/** The unit and the hospital of the demo's accounts. */
export const DEMO_HOSPITAL = 'A1100017';

const JSON_TYPE = { 'Content-Type': 'application/json' };

async function answered(answer: Response, what: string): Promise<any> {
  const text = await answer.text();
  assert.ok(answer.ok, `${what}: ${answer.status} ${text}`);
  return text === '' ? null : JSON.parse(text);
}

/** Somebody who uses the API without a page. */
export class Person {
  readonly #token: string;

  constructor(token: string) {
    this.#token = token;
  }

  /** Calls an operation below /api/v1; a failure fails the test. */
  async call(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<any> {
    const init: RequestInit = {
      method,
      headers: {
        ...JSON_TYPE,
        Authorization: `Bearer ${this.#token}`,
        ...(method === 'GET' ? {} : { 'Idempotency-Key': randomUUID() }),
        ...headers,
      },
    };
    if (body !== undefined) init.body = JSON.stringify(body);
    return answered(await fetch(`${API}${path}`, init), `${method} ${path}`);
  }
}

type Wish =
  | { role: 'crew'; unit: string }
  | { role: 'hospital'; hospital: string }
  | { role: 'control'; regions: string[] };

/** A person of a demo token: no account stands behind it. */
export async function person(wish: Wish): Promise<Person> {
  const answer = await fetch(`${url}/demo/token`, {
    method: 'POST',
    headers: JSON_TYPE,
    body: JSON.stringify(wish),
  });
  return new Person((await answered(answer, 'POST /demo/token')).token);
}

/** Somebody with an account, from its password. */
export async function signedIn(login: string, password: string): Promise<Person> {
  const body = JSON.stringify({ login, password });
  const answer = await fetch(`${API}/session`, { method: 'POST', headers: JSON_TYPE, body });
  return new Person((await answered(answer, 'POST /session')).access_token);
}

let admin: Promise<Person> | undefined;
export const demoAdmin = (): Promise<Person> => (admin ??= signedIn('demo.admin', 'weer-demo-admin'));

/** A new unit (구급차) in 서울. */
export async function newUnit(
  callSign = `시험 ${randomUUID().slice(0, 6)}`,
): Promise<{ id: string; call_sign: string }> {
  const body = { call_sign: callSign, region: '11', organisation: '시험소방서', kind: '119' };
  return (await demoAdmin()).call('POST', '/units', body);
}

/** A unit of its own with a crew that acts over REST. */
export async function newCrew(): Promise<{ crew: Person; unit: string; callSign: string }> {
  const { id, call_sign: callSign } = await newUnit();
  return { crew: await person({ role: 'crew', unit: id }), unit: id, callSign };
}

export interface Asking {
  readonly triage?: Record<string, unknown>;
  readonly hospitals?: readonly string[];
  readonly minutes?: number;
}

/** Opens a case and asks: the case, and its reservations in the order of the hospitals. */
export async function ask(
  crew: Person,
  {
    triage = { ktas: 3, age_band: 'adult', sex: 'male' },
    hospitals = [DEMO_HOSPITAL],
    minutes = 9,
  }: Asking = {},
): Promise<{ id: string; code: string; reservations: { id: string; hospital: string }[] }> {
  const opened = await crew.call('POST', '/patient-conditions', { triage });
  const arrive_at = new Date(Date.now() + minutes * 60_000).toISOString();
  const asked = hospitals.map((hospital_id) => ({ hospital_id, arrive_at }));
  const { reservations } = await crew.call('POST', `/patient-conditions/${opened.id}/reservations`, {
    hospitals: asked,
  });
  return { id: opened.id, code: opened.code, reservations };
}

export interface Account {
  readonly login: string;
  readonly password: string;
}

let accounts = 0;

/** A new account that an administrator let in. */
export async function newAccount(role: string, more: Record<string, unknown> = {}): Promise<Account> {
  const login = `e2e.${role}.${++accounts}.${randomUUID().slice(0, 8)}`;
  const password = `correct horse ${randomUUID()}`;
  const body = {
    login,
    password,
    role,
    name: `시험 ${accounts}`,
    email: `${login}@example.kr`,
    phone: '02-0000-0000',
    organisation: '시험',
    ...(role === 'crew' ? { certificate: '시험', regions: ['11'] } : {}),
    ...more,
  };
  const answer = await fetch(`${API}/users`, {
    method: 'POST',
    headers: JSON_TYPE,
    body: JSON.stringify(body),
  });
  await answered(answer, 'POST /users'); // it tells nobody whether the login is free, so no id either
  const { items } = await (await demoAdmin()).call('GET', `/users?state=pending&q=${login}`);
  await (await demoAdmin()).call('POST', `/users/${items[0].id}/approve`, {}, { 'If-Match': '*' });
  return { login, password };
}

/** Signs a browser in, as the sign-in page does: the cookie, and the mark that there is one. */
export async function signIn(
  context: BrowserContext,
  { login, password }: Account,
  at = url, // another address of the same server
): Promise<void> {
  const answer = await context.request.post(`${at}/api/v1/session`, {
    headers: { Origin: at },
    data: { login, password, cookie: true },
  });
  assert.ok(answer.ok(), `POST /session: ${answer.status()} ${await answer.text()}`);
  await context.addInitScript(() => localStorage.setItem('weer.session', '1'));
}

/** Changes a hospital of the simulated E-Gen, from its next poll on. */
export async function simulate(hospital: string, change: object): Promise<void> {
  const body = JSON.stringify({ hospital, ...change });
  await answered(
    await fetch(`${url}/sim/set`, { method: 'POST', headers: JSON_TYPE, body }),
    'POST /sim/set',
  );
}

/** Waits until something is so; what it waits for is in the message. */
export async function until<T>(
  what: string,
  look: () => Promise<T | null | undefined | false>,
  ms = 5_000,
): Promise<T> {
  const end = Date.now() + ms;
  for (;;) {
    const found = await look();
    if (found) return found;
    assert.ok(Date.now() < end, `not within ${ms} ms: ${what}`);
    await new Promise((done) => setTimeout(done, 50));
  }
}

/** What goes wrong at the simulated E-Gen from now on, as in `weer sim scenario`; none ends it. */
export async function scenario(name: string): Promise<void> {
  const body = JSON.stringify({ name });
  const answer = await fetch(`${url}/sim/scenario`, { method: 'POST', headers: JSON_TYPE, body });
  await answered(answer, 'POST /sim/scenario');
}
