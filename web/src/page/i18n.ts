/**
 * What the page says. Korean is the source of truth; English has every key or
 * does not compile. Whole sentences, no particles glued on. A text that asks for
 * something says what to do next, in 31 characters or less (R27).
 */

import type { CellKind } from './view.ts';
import type { Freshness, Link, Why } from '../feed/index.ts';

const ko = {
  title: '응급실 병상',
  region: '지역',
  theme: { auto: '자동', day: '주간', night: '야간' },
  themeLabel: (theme: string) => `화면 밝기: ${theme}`,
  otherLanguage: 'English',
  link: {
    connecting: '연결 중',
    syncing: '동기화 중',
    live: '실시간',
    delayed: '지연',
    offline: '끊김',
  } satisfies Record<Link, string>,
  why: {
    '': '',
    silent: '서버가 조용합니다. 기다리는 중입니다.',
    closed: '연결이 닫혔습니다. 다시 잇는 중입니다.',
    unverified: '서버가 자료를 확인하지 못했습니다.',
    unproved: '화면이 서버와 다릅니다. 전화로 확인하세요.',
  } satisfies Record<Why, string>,
  offline: '마지막 정보입니다. 전화로 확인하세요.',
  loading: '불러오는 중…',
  empty: '이 지역에는 병원이 없습니다. 다른 지역을 고르세요.',
  simulated: '모의 · 실제 병상이 아닙니다',
  real: '실제 병상 정보',
  unknownMode: '모의인지 실제인지 확인 전',
  collecting: (age: string) => `수집 중 · ${age}`,
  notCollecting: (age: string) => `수집 중단 · 마지막 ${age}`,
  neverCollected: '수집 중단 · 받은 적 없음',
  sum: '응급실 빈 병상',
  reported: (n: number, of: number, minutes: number) => `${minutes}분 안에 보고한 병원 ${n}/${of}`,
  columns: {
    hospital: '병원',
    tel: '응급실 전화',
    'er.general': '응급실 일반',
    'er.pediatric': '응급실 소아',
    'icu.general': '중환자실 일반',
    age: '정보 시각',
  },
  cell: {
    free: '있음',
    full: '만실',
    over: '포화',
    unknown: '모름',
    not_reported: '미보고',
    not_offered: '미보유',
    withdrawn: '만료',
  } satisfies Record<CellKind, string>,
  freshness: { fresh: '최신', ageing: '경과', stale: '오래됨', withdrawn: '만료' } satisfies Record<
    Freshness,
    string
  >,
  noTime: '시각 모름',
  futureTime: '시각 오류',
  justNow: '방금',
  seconds: (n: number) => `${n}초`,
  secondsAgo: (n: number) => `${n}초 전`,
  minutesAgo: (n: number) => `${n}분 전`,
  hoursAgo: (n: number) => `${n}시간 전`,
  daysAgo: (n: number) => `${n}일 전`,
  signIn: {
    title: '토큰이 필요합니다',
    help: '이 서버는 시범 토큰을 주지 않습니다. 실제 모드이거나, 서버와 다른 컴퓨터에서 열었습니다. 관리자가 weer token 명령으로 만든 토큰을 아래에 붙여 넣으세요. 토큰은 이 창에만 남습니다.',
    rejected: '토큰이 거절되었습니다. 새 토큰을 받아 붙여 넣으세요.',
    label: '토큰',
    submit: '연결',
  },
  halted: (code: string) => `멈춤(${code}) · 곧 다시 연결합니다`,
  refused: (code: string) => `볼 수 없는 지역(${code}) · 다른 지역을 고르세요`,
  newVersion: '새 버전이 있습니다 · 새로 고침',
};

export type Dictionary = typeof ko;

const en = {
  title: 'Emergency beds',
  region: 'Region',
  theme: { auto: 'Auto', day: 'Day', night: 'Night' },
  themeLabel: (theme) => `Brightness: ${theme}`,
  otherLanguage: '한국어',
  link: {
    connecting: 'Connecting',
    syncing: 'Syncing',
    live: 'Live',
    delayed: 'Delayed',
    offline: 'Offline',
  },
  why: {
    '': '',
    silent: 'The server is silent. Waiting.',
    closed: 'The connection closed. Reconnecting.',
    unverified: 'The server could not verify its data.',
    unproved: 'This screen differs from the server. Phone to confirm.',
  },
  offline: 'Last known data. Phone to confirm.',
  loading: 'Loading…',
  empty: 'No hospitals in this region. Choose another one.',
  simulated: 'Simulated · not real beds',
  real: 'Real bed data',
  unknownMode: 'Simulated or real: not known yet',
  collecting: (age) => `Collecting · ${age}`,
  notCollecting: (age) => `Not collecting · last ${age}`,
  neverCollected: 'Not collecting · nothing received yet',
  sum: 'Free emergency beds',
  reported: (n, of, minutes) => `${n}/${of} hospitals, last ${minutes} min`,
  columns: {
    hospital: 'Hospital',
    tel: 'ER telephone',
    'er.general': 'ER general',
    'er.pediatric': 'ER child',
    'icu.general': 'ICU general',
    age: 'Observed',
  },
  cell: {
    free: 'free',
    full: 'full',
    over: 'over',
    unknown: 'unknown',
    not_reported: 'no report',
    not_offered: 'none',
    withdrawn: 'expired',
  },
  freshness: { fresh: 'fresh', ageing: 'ageing', stale: 'stale', withdrawn: 'expired' },
  noTime: 'no time',
  futureTime: 'bad time',
  justNow: 'just now',
  seconds: (n) => `${n} s`,
  secondsAgo: (n) => `${n} s ago`,
  minutesAgo: (n) => `${n} min ago`,
  hoursAgo: (n) => `${n} h ago`,
  daysAgo: (n) => `${n} d ago`,
  signIn: {
    title: 'A token is needed',
    help: 'This server gives no demo token: it runs in real mode, or this page was opened from another machine. Paste a token that an administrator made with the command weer token. It stays in this window only.',
    rejected: 'The token was refused. Get a new one and paste it.',
    label: 'Token',
    submit: 'Connect',
  },
  halted: (code) => `Stopped (${code}) · connecting again soon`,
  refused: (code) => `Region not readable (${code}) · choose another`,
  newVersion: 'A new version is there · reload',
} satisfies Dictionary;

export type Language = 'ko' | 'en';

export const dictionaries: Record<Language, Dictionary> = { ko, en };
