import { randomInt } from 'node:crypto';

const FIXED = 20_261_128;
const LIMIT = 2 ** 31;

/**
 * What the suites draw from. One commit shows the same each time; `PROPERTY_SEED` takes another number, or `random`, and
 * repeats what a failure names. The long sizes draw a new one each time.
 */
export const SEED = readSeed(process.env['PROPERTY_SEED']);

function readSeed(given = String(FIXED)): number {
  const seed = given === 'random' ? randomInt(LIMIT) : Number(given);
  if (!Number.isSafeInteger(seed) || seed < 0) {
    throw new Error(`PROPERTY_SEED is ${given}: give a whole number, or "random".`);
  }
  return seed;
}
