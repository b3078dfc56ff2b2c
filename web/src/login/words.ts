/**
 * What the sign-in page says beside what every page says. What went wrong is said
 * with what to do next, in 31 characters or less (R27).
 */
import { failureOf } from '../kit/failure.ts';
import { common, type Language } from '../kit/words.ts';
import { Problem, UNREACHABLE } from '../rest/index.ts';

const ko = {
  ...common.ko,
  title: '로그인',
  login: '아이디',
  password: '비밀번호',
  submit: '로그인',
  waiting: '확인 중…',
  wait: (seconds: number) => `${seconds}초 뒤에 가능`,
  demo: '모의 계정',
  demoHelp: '모의 서버입니다. 역할을 누르면 바로 로그인합니다.',
  board: '병상 화면으로',
  signUp: '계정 신청',
  failed: {
    ...common.ko.failed,
    bad_credentials: '아이디나 비밀번호가 다릅니다. 다시 입력하세요.',
    not_approved: '승인을 기다리는 계정입니다. 관리자에게 알리세요.',
    rejected: '가입이 거절되었습니다. 관리자에게 문의하세요.',
    too_many_requests: '시도가 많았습니다. 버튼의 시간을 기다리세요.',
    invalid: '입력할 수 없는 글자입니다. 다시 입력하세요.',
    [UNREACHABLE]: '서버에 닿지 않습니다. 망을 확인하세요.',
  },
  reason: (text: string) => `사유: ${text}`,
};

export type Words = typeof ko;

const en = {
  ...common.en,
  title: 'Sign in',
  login: 'Login',
  password: 'Password',
  submit: 'Sign in',
  waiting: 'Checking…',
  wait: (seconds) => `In ${seconds} s`,
  demo: 'Demo accounts',
  demoHelp: 'This server is simulated. Press a role to sign in at once.',
  board: 'To the beds',
  signUp: 'Ask for an account',
  failed: {
    ...common.en.failed,
    bad_credentials: 'Wrong login or password. Type them again.',
    not_approved: 'This account waits for approval. Tell an administrator.',
    rejected: 'This sign-up was rejected. Ask an administrator.',
    too_many_requests: 'Too many tries. Wait for the time on the button.',
    invalid: 'That cannot be a login or password. Type them again.',
    [UNREACHABLE]: 'The server does not answer. Check the network.',
  },
  reason: (text) => `Reason: ${text}`,
} satisfies Words;

export const words: Record<Language, Words> = { ko, en };

/** Roles as everybody on a demo screen reads them, in both languages at once. */
export const ROLES: Readonly<Record<string, string>> = {
  crew: '구급대원 · Crew',
  hospital: '응급실 · Hospital',
  control: '상황실 · Control room',
  admin: '관리자 · Administrator',
  viewer: '열람 · Viewer',
};

/** The sentence for a failed sign-in, and the reason that an administrator gave for it. */
export function refusalOf(w: Words, err: unknown): string {
  const reason = err instanceof Problem ? err.fields.find((f) => f.field === 'reason')?.detail : undefined;
  return [failureOf(w, err), reason ? w.reason(reason) : ''].join(' ').trim();
}
