/**
 * A hospital's name as people say it: without the legal person that runs it, as
 * `ShortName` in model/name.go says; a test holds both to the same names.
 */
const LEGAL: readonly (readonly [string, string])[] = [
  ['의료법인', '의'],
  ['학교법인', '학'],
  ['재단법인', '재'],
  ['사단법인', '사'],
  ['사회복지법인', '복'],
];

const length = (name: string): number => [...name].length;

/** Takes a legal form from the front, in full or as a letter in brackets, of which the first may be missing. */
function cutLegalForm(name: string): [rest: string, found: boolean] {
  const open = name.startsWith('(') ? name.slice(1) : name;
  for (const [form, mark] of LEGAL) {
    if (open.startsWith(form)) return [open.slice(form.length).replace(/^[) ]+/, ''), true];
    if (open.startsWith(`${mark})`)) return [open.slice(mark.length + 1).replace(/^ +/, ''), true];
  }
  return [name, false];
}

/** Takes away what owns the hospital, up to the word that ends it. */
function cutOwner(name: string, legal: boolean): string {
  for (const end of legal ? ['재단', '학원', '선교회'] : ['재단']) {
    const at = name.lastIndexOf(end);
    const rest = at < 0 ? '' : name.slice(at + end.length).trim();
    if (length(rest) >= 3) return rest;
  }
  return name;
}

function unbracketed(name: string): string {
  return /^\(([^()]*)\)$/.exec(name)?.[1] ?? name;
}

export function shortName(name: string): string {
  let whole = name.split(/\s+/).filter(Boolean).join(' ');
  const bracket = whole.indexOf('(');
  if (bracket > 0 && whole.slice(bracket).includes('법인')) whole = whole.slice(0, bracket).trim();
  const short = unbracketed(cutOwner(...cutLegalForm(whole)));
  return length(short) < 3 ? whole : short;
}
