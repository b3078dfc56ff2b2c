/** FNV-1a's prime, and a start of its own for each of the two sums. */
const PRIME = 0x01000193;
const START_A = 0x811c9dc5;
const START_B = 0x9747b28c;

/** Spreads each bit of h over all (MurmurHash3's finaliser), so that sums of similar keys do not cancel. */
function mix(h: number, m1: number, m2: number): number {
  h = Math.imul(h ^ (h >>> 16), m1);
  h = Math.imul(h ^ (h >>> 13), m2);
  return h ^ (h >>> 16);
}

function hashEntry(key: string, seq: number): [a: number, b: number] {
  let a = START_A;
  let b = START_B;
  const text = `${key}\0${seq}`;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i); // keys are ASCII, so a character is a byte
    a = Math.imul(a ^ c, PRIME);
    b = Math.imul(b ^ c, PRIME);
  }
  return [mix(a, 0x85ebca6b, 0xc2b2ae35), mix(b, 0x7feb352d, 0x846ca68b)];
}

const hex = (n: number): string => n.toString(16).padStart(8, '0');

/**
 * The sum of a hash of (key, seq) over the live keys of a feed: two sums modulo
 * 2³². Adding a key adds its hash, removing it takes it away; a new Digest is
 * that of an empty feed. The server sends its own with each beat.
 */
export class Digest {
  #a = 0;
  #b = 0;

  add(key: string, seq: number): void {
    const [a, b] = hashEntry(key, seq);
    this.#a = (this.#a + a) >>> 0;
    this.#b = (this.#b + b) >>> 0;
  }

  remove(key: string, seq: number): void {
    const [a, b] = hashEntry(key, seq);
    this.#a = (this.#a - a) >>> 0;
    this.#b = (this.#b - b) >>> 0;
  }

  /** 16 hex digits, as on the wire. */
  toString(): string {
    return hex(this.#a) + hex(this.#b);
  }
}
