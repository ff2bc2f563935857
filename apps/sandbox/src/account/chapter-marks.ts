import { ALPHABET } from './random.js';

/** Letters that a mark has: more marks than any account has chapters. */
const LENGTH = 4;
const MARKS = ALPHABET.length ** LENGTH;

/** Neighbours' marks lie far apart. It has no factor in common with `MARKS`, so no two are the same. */
const FACTOR = 6_364_137;
const INVERSE = inverseOf(FACTOR, MARKS);

const PREFIXES = ['sub_1', 'cus_', 'si_', 'price_1'];

/** A chapter's number as its ids carry it behind their prefix. */
export function markOf(chapter: number): string {
  let left = (chapter * FACTOR) % MARKS;
  let mark = '';
  for (let place = 0; place < LENGTH; place += 1) {
    mark += ALPHABET.charAt(left % ALPHABET.length);
    left = Math.floor(left / ALPHABET.length);
  }
  return mark;
}

/** The only chapter that can have given an id; undefined for ids of another form. */
export function chapterIn(id: string): number | undefined {
  const prefix = PREFIXES.find((one) => id.startsWith(one));
  if (prefix === undefined || id.length < prefix.length + LENGTH) return undefined;
  let value = 0;
  for (let place = prefix.length + LENGTH - 1; place >= prefix.length; place -= 1) {
    const letter = VALUES[id.charCodeAt(place)] ?? -1;
    if (letter < 0) return undefined;
    value = value * ALPHABET.length + letter;
  }
  return (value * INVERSE) % MARKS;
}

/** By character code: the place in the alphabet, or -1. */
const VALUES = Int8Array.from({ length: 128 }, (_, code) => ALPHABET.indexOf(String.fromCharCode(code)));

/** The number by which multiplying undoes multiplying by `factor`, modulo `modulus` (the extended algorithm of Euclid). */
function inverseOf(factor: number, modulus: number): number {
  let [previous, current] = [modulus, factor];
  let [before, now] = [0, 1];
  while (current > 1) {
    const times = Math.floor(previous / current);
    [previous, current] = [current, previous - times * current];
    [before, now] = [now, before - times * now];
  }
  return (now + modulus) % modulus;
}
