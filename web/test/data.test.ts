import { describe, expect, it } from 'vitest';
import { readDiseases, readItems, readReasons, readRegions } from '../build/data.ts';

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

  it('keeps what a row says beside its name', () => {
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
