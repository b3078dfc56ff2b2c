/** An invented region in which every state that the page can show occurs. */

type Reading = { state: string; value?: number; raw?: number; total?: number };

const known = (value: number, total?: number): Reading =>
  total === undefined ? { state: 'known', value } : { state: 'known', value, total };

const NOT_REPORTED: Reading = { state: 'not_reported' };
const NOT_OFFERED: Reading = { state: 'not_offered' };

interface Invented {
  name: string;
  tel?: string;
  /** Age of the observation in minutes; null: the source's time could not be read. */
  minutes: number | null;
  general?: Reading;
  pediatric?: Reading;
  icu?: Reading;
}

const SPECIAL: Invented[] = [
  { name: '가람대학교병원', minutes: 0, general: known(6, 40), pediatric: known(2, 6), icu: known(3, 24) },
  { name: '나래의료원', minutes: 3, general: known(-3, 20), pediatric: NOT_OFFERED, icu: known(0, 12) },
  { name: '다솜병원', minutes: 7, general: known(0, 18), pediatric: NOT_REPORTED, icu: known(1, 8) },
  { name: '라온종합병원', minutes: 14, general: known(11, 30), pediatric: known(1, 2), icu: known(4, 16) },
  { name: '마루병원', minutes: 23, general: known(5, 25), pediatric: NOT_REPORTED, icu: known(2, 10) },
  { name: '바른의료재단 바른병원', minutes: 95, general: known(8, 22), icu: known(6, 14) },
  { name: '새봄병원', minutes: null, general: known(4, 15), pediatric: known(0, 3), icu: NOT_OFFERED },
  { name: '성심병원', minutes: 2, general: { state: 'unknown', raw: 999 }, icu: known(2) },
  {
    name: '학교법인한누리중앙학원한누리대학교의과대학부속병원(가온병원)',
    minutes: 5,
    general: known(19, 48),
    pediatric: known(7, 9),
    icu: known(-1, 30),
  },
];

const SYLLABLES = [
  '아름',
  '온누리',
  '이레',
  '정다운',
  '초록',
  '큰솔',
  '푸른',
  '한마음',
  '해오름',
  '누리',
  '미리내',
  '소망',
];

function plain(i: number): Invented {
  const name = `${SYLLABLES[i % SYLLABLES.length]}${i < SYLLABLES.length ? '병원' : '대학교병원'}`;
  const total = 12 + ((i * 7) % 30);
  const icu = i % 5 === 3 ? NOT_REPORTED : known((i * 5) % 9, 8 + (i % 12));
  return { name, minutes: i % 9, general: known((i * 11) % total, total), pediatric: known(i % 3, 4), icu };
}

/** What some of them announce, by their place in the list. */
const SAID: [number, { kind: string; text: string; department?: string }][] = [
  [0, { kind: 'er', text: '응급실 인력 부족으로 경증환자 수용불가' }],
  [1, { kind: 'er', text: '피부과, 약물중독 진료 불가', department: '피부과' }],
  [1, { kind: 'severe', text: '당직의 부재' }],
  [1, { kind: 'severe', text: '정규시간(7시~17시) 내 가능' }],
  [
    4,
    {
      kind: 'er',
      text: `${'소아 환자는 일과시간 이후 부분 진료만 가능하니 전화 후 이송 바랍니다. '.repeat(4)}`,
    },
  ],
];

/** The keys of the region's feed; A1100001 is the first one. */
export function inventedRegion(now: number, region = '11'): Record<string, unknown> {
  const keys: Record<string, unknown> = {};
  [...SPECIAL, ...SYLLABLES.map((_, i) => plain(i)), ...SYLLABLES.map((_, i) => plain(i + 12))].forEach(
    (h, i) => {
      const id = `A${region}${String(i + 1).padStart(5, '0')}`;
      const at = new Date(now - (h.minutes ?? 0) * 60_000).toISOString();
      keys[`${id}/hospital`] = { name: h.name, tel: h.tel ?? `02-555-${String(1000 + i * 37)}` };
      keys[`${id}/egen`] = { observed_at: h.minutes === null ? null : at, received_at: at };
      keys[`${id}/er`] = {
        'er.general': h.general ?? NOT_REPORTED,
        ...(h.pediatric ? { 'er.pediatric': h.pediatric } : {}),
      };
      keys[`${id}/icu`] = { 'icu.general': h.icu ?? NOT_REPORTED };
    },
  );
  const id = (i: number) => `A${region}${String(i + 1).padStart(5, '0')}`;
  const time = (minutes: number) => new Date(now + minutes * 60_000).toISOString();
  const times = { starts_at: time(-9), ends_at: null, since: time(-8) };
  SAID.forEach(
    ([i, said], n) => (keys[`${id(i)}/msg/${String(n).padStart(16, '0')}`] = { ...said, ...times }),
  );
  keys[`${id(2)}/push`] = { source: 'push:his', observed_at: time(-1), received_at: time(0) };
  const corrected = { value: known(1), source: known(11, 30), by: '당직', at: time(-2), ends_at: time(28) };
  keys[`${id(3)}/corrected`] = { 'er.general': corrected };
  keys[`${id(3)}/er`] = { 'er.general': known(1), 'er.pediatric': known(1, 2) };
  keys[`${id(99)}/hospital`] = { name: '나눔의원', tel: '02-555-9999' }; // no bed report
  return keys;
}
