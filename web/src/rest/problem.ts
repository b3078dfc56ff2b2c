/**
 * Calls of the REST API, and the one place that knows how it says what went
 * wrong (RFC 9457). Free of the document, as `feed/` is.
 */
import { rowOfCode, type Action } from '../feed/index.ts';

/** The code of a call that no server answered, or nobody who speaks as WeER does. */
export const UNREACHABLE = 'unreachable';

/** How long an answer is awaited, in milliseconds: longer than the server's own deadline. */
const ANSWER_MS = 8_000;

export interface WrongField {
  readonly field: string;
  readonly detail: string;
}

/** An error as the server tells it. Its message is for logs: what a person reads is made from the code. */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly code: string;
  readonly action: Action;
  /** HTTP status; 0 when there was no answer. */
  readonly status: number;
  /** All inputs that were wrong. */
  readonly fields: readonly WrongField[];
  /** How long to wait before asking again, in milliseconds; 0 when the server did not say. */
  readonly retryAfterMs: number;

  constructor(
    code: string,
    message: string,
    more: { status?: number; fields?: WrongField[]; retryAfterMs?: number } = {},
  ) {
    super(message);
    this.code = code;
    this.action = rowOfCode(code)?.action ?? 'retry';
    this.status = more.status ?? 0;
    this.fields = more.fields ?? [];
    this.retryAfterMs = more.retryAfterMs ?? 0;
  }

  /** A person has to do something: asking again would end the same. */
  get final(): boolean {
    return this.action === 'sign_in' || this.action === 'stop' || this.action === 'none';
  }
}

export interface Call {
  readonly body?: unknown;
  /** The bearer; none for what anybody may ask. */
  readonly token?: string;
  /** A command's Idempotency-Key. */
  readonly key?: string;
  /** The ETag of the version that a change is meant for. */
  readonly ifMatch?: string;
  /** It goes out also when the page is left meanwhile. */
  readonly keepalive?: boolean;
}

/** Calls an operation below /api/v1 of the page's own host. Throws a Problem. */
export async function call(
  method: string,
  path: string,
  { body, token, key, ifMatch, keepalive }: Call = {},
): Promise<unknown> {
  const headers: Record<string, string> = { Accept: 'application/json, application/problem+json' };
  if (body !== undefined) headers['Content-Type'] = 'application/json';
  if (token !== undefined) headers['Authorization'] = `Bearer ${token}`;
  if (key !== undefined) headers['Idempotency-Key'] = key;
  if (ifMatch !== undefined) headers['If-Match'] = ifMatch;
  const init: RequestInit = { method, headers, signal: AbortSignal.timeout(ANSWER_MS) };
  if (keepalive === true) init.keepalive = true;
  if (body !== undefined) init.body = JSON.stringify(body);
  let answer: Response;
  let text: string;
  try {
    answer = await fetch(`/api/v1${path}`, init);
    text = await answer.text();
  } catch (err) {
    throw new Problem(UNREACHABLE, `${method} ${path}: ${String(err)}`);
  }
  if (!answer.ok) throw problemOf(answer, fields(text), `${method} ${path}`);
  return text === '' ? null : fields(text);
}

type Fields = Record<string, unknown>;

/** Reads a JSON object; an empty one when the text is none. */
function fields(text: string): Fields {
  try {
    const v: unknown = JSON.parse(text);
    return typeof v === 'object' && v !== null ? (v as Fields) : {};
  } catch {
    return {};
  }
}

function problemOf(answer: Response, said: Fields, what: string): Problem {
  const code = typeof said['code'] === 'string' ? said['code'] : UNREACHABLE;
  const seconds = Number(answer.headers.get('Retry-After') ?? 0);
  return new Problem(code, `${what}: HTTP ${answer.status} ${code}`, {
    status: answer.status,
    fields: wrongOf(said),
    retryAfterMs: Number.isFinite(seconds) && seconds > 0 ? seconds * 1000 : 0,
  });
}

/** All fields that were wrong: the list when there are several, else the one. */
function wrongOf(said: Fields): WrongField[] {
  if (Array.isArray(said['errors'])) return said['errors'] as WrongField[];
  if (typeof said['field'] !== 'string') return [];
  return [{ field: said['field'], detail: String(said['detail'] ?? '') }];
}
