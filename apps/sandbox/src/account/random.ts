/** What Stripe's ids are made of. */
export const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

const LETTERS = Buffer.from(ALPHABET);
/** Where ids are put together, one at a time; longer ones than any are. */
const ID = Buffer.alloc(255);

/** Four 32-bit words out of a text (a small avalanche hash); good enough to seed the generator below. */
function seedWords(text: string): [number, number, number, number] {
  const words: [number, number, number, number] = [0x9e3779b9, 0x243f6a88, 0xb7e15162, 0xdeadbeef];
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    words[0] = Math.imul(words[0] ^ code, 0x85ebca6b) ^ (words[3] >>> 15);
    words[1] = Math.imul(words[1] ^ (code + index), 0xc2b2ae35) ^ (words[0] >>> 13);
    words[2] = Math.imul(words[2] ^ code, 0x27d4eb2f) ^ (words[1] >>> 16);
    words[3] = Math.imul(words[3] ^ (code + 7 * index), 0x165667b1) ^ (words[2] >>> 11);
  }
  return words;
}

/**
 * Repeatable chance (the "small fast counter" generator): the same seed gives the same draws on every machine, and
 * no clock is involved.
 */
export class Random {
  private a: number;
  private b: number;
  private c: number;
  private d: number;

  constructor(private readonly seed: string) {
    [this.a, this.b, this.c, this.d] = seedWords(seed);
    for (let round = 0; round < 16; round += 1) this.word();
  }

  /** An independent stream: more draws here change nothing there. */
  fork(label: string): Random {
    return new Random(`${this.seed}/${label}`);
  }

  /** A whole number from 0 up to, and without, `below`. */
  below(below: number): number {
    return Math.floor((this.word() / 2 ** 32) * below);
  }

  chance(probability: number): boolean {
    return this.word() / 2 ** 32 < probability;
  }

  pick<T>(choices: readonly [T, ...T[]]): T {
    return choices[this.below(choices.length)] ?? choices[0];
  }

  /** One of the choices, each as likely as its weight says. */
  weighted<T>(choices: readonly [readonly [T, number], ...(readonly [T, number])[]]): T {
    let total = 0;
    for (const choice of choices) total += choice[1];
    let left = (this.word() / 2 ** 32) * total;
    for (const [choice, weight] of choices) {
      left -= weight;
      if (left < 0) return choice;
    }
    return choices[0][0];
  }

  shuffle<T>(list: readonly T[]): T[] {
    const keyed = list.map((value) => ({ value, key: this.word() }));
    return keyed.sort((a, b) => a.key - b.key).map((entry) => entry.value);
  }

  /** A Stripe-like id: prefix and so many letters and digits. */
  id(prefix: string, length: number): string {
    // Built at once: a string grown by appending would keep a tree of all its prefixes alive.
    let end = ID.write(prefix, 'latin1');
    for (const last = end + length; end < last; end += 1) ID[end] = LETTERS[this.below(LETTERS.length)] ?? 0;
    return ID.toString('latin1', 0, end);
  }

  private word(): number {
    const { b, c, d } = this;
    const sum = (this.a + b + d) | 0;
    this.a = b ^ (b >>> 9);
    this.b = (c + (c << 3)) | 0;
    this.c = (((c << 21) | (c >>> 11)) + sum) | 0;
    this.d = (d + 1) | 0;
    return sum >>> 0;
  }
}
