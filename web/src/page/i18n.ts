/** What the page says beside what every screen says. */

import { common, type Language } from '../kit/words.ts';
import type { MessageKind } from './announcement.ts';
import type { CellKind, RowState } from './view.ts';

const ko = {
  ...common.ko,
  title: '응급실 병상',
  region: '지역',
  empty: '이 지역에는 병원이 없습니다. 다른 지역을 고르세요.',
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
  state: {
    fresh: '최신',
    ageing: '경과',
    stale: '오래됨',
    withdrawn: '만료',
    not_reported: '미보고',
  } satisfies Record<RowState, string>,
  corrected: (source: string) => `병원 확인 · 원본 ${source}`,
  kind: { er: '응급실', severe: '중증' } satisfies Record<MessageKind, string>,
  more: (n: number) => `그 외 ${n}건`,
  noText: '내용 없음',
  signIn: {
    title: '토큰이 필요합니다',
    help: '이 서버는 시범 토큰을 주지 않습니다. 실제 모드이거나, 서버와 다른 컴퓨터에서 열었습니다. 관리자가 weer token 명령으로 만든 토큰을 아래에 붙여 넣으세요. 토큰은 이 창에만 남습니다.',
    rejected: '토큰이 거절되었습니다. 새 토큰을 받아 붙여 넣으세요.',
    label: '토큰',
    submit: '연결',
  },
  refused: (code: string) => `볼 수 없는 지역(${code}) · 다른 지역을 고르세요`,
};

export type Dictionary = typeof ko;

const en = {
  ...common.en,
  title: 'Emergency beds',
  region: 'Region',
  empty: 'No hospitals in this region. Choose another one.',
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
  state: {
    fresh: 'fresh',
    ageing: 'ageing',
    stale: 'stale',
    withdrawn: 'expired',
    not_reported: 'no report',
  },
  corrected: (source) => `confirmed · source ${source}`,
  kind: { er: 'ER', severe: 'Severe' },
  more: (n) => `and ${n} more`,
  noText: 'no text',
  signIn: {
    title: 'A token is needed',
    help: 'This server gives no demo token: it runs in real mode, or this page was opened from another machine. Paste a token that an administrator made with the command weer token. It stays in this window only.',
    rejected: 'The token was refused. Get a new one and paste it.',
    label: 'Token',
    submit: 'Connect',
  },
  refused: (code) => `Region not readable (${code}) · choose another`,
} satisfies Dictionary;

export const dictionaries: Record<Language, Dictionary> = { ko, en };
