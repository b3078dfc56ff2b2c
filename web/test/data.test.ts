import { FACT_CODES } from '../src/domain/index.ts';
import { describe, expect, it } from 'vitest';
import { readDiseases, readFacts, readItems, readReasons, readRegions } from '../build/data.ts';

describe('what is read from the model', () => {
  it('is whole: as many as there are, each with a code and a name', () => {
    expect(readRegions().length).toBe(16);
    expect(readDiseases().length).toBe(28);
    expect(readReasons().length).toBe(12);
    expect(readItems().length).toBe(54);
    for (const named of [...readDiseases(), ...readReasons(), ...readItems()]) {
      expect(named.code).toMatch(/^[a-z_.]+$/);
      expect(named.ko).not.toBe('');
      expect(named.en).not.toBe('');
    }
  });

  it('has words for every fact that a rank can tell of, but its age', () => {
    const facts = readFacts();
    for (const code of FACT_CODES) {
      const worded = facts[code];
      expect([code, worded !== undefined]).toEqual([code, !['fresh', 'ageing', 'stale'].includes(code)]);
    }
    expect(facts['minutes']).toEqual({ ko: '도착 %d분', en: '%d min' });
    expect(readDiseases()[0]).toMatchObject({ saidKo: '심근경색', saidEn: 'MI' });
  });

  it('keeps what a row says beside its name', () => {
    expect(readRegions().find((r) => r.code === '12')?.prefixes).toEqual(['15', '26']);
    expect(readReasons().find((r) => r.code === 'possible')?.refuses).toBe(false);
    expect(readReasons().find((r) => r.code === 'no_icu')?.refuses).toBe(true);
    const item = (code: string) => readItems().find((i) => i.code === code);
    expect(item('icu.general')).toMatchObject({ group: 'icu', yesNo: false });
    expect(item('equipment.ct')).toMatchObject({ group: 'equipment', yesNo: true });
    expect(item('room.delivery')).toMatchObject({ group: 'beds', yesNo: true });
  });

  it('fails where a table has another form', () => {
    expect(() => readRegions('package model')).toThrow(/another form/);
  });
});
