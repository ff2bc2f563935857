import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { type Company, openCompany } from '../../bench/webhooks/company.js';
import { makeEvents } from '../../bench/webhooks/make-events.js';
import { measureBurst } from '../../bench/webhooks/measure-burst.js';
import { serverDetails } from '../support/database.js';

const EVENTS = Number(process.env['BURST_EVENTS'] ?? 6000);
const SUBSCRIPTIONS = Math.max(300, EVENTS / 10);
/** Of a process, whatever it has to do. */
const MOST_MIB = 512;
const PATIENCE_MS = 900_000;

let company: Company;
beforeAll(async () => {
  company = await openCompany(serverDetails(), SUBSCRIPTIONS, {});
}, PATIENCE_MS);
afterAll(() => company.close());

describe(`a burst of ${EVENTS} events`, () => {
  it(`is taken and settled whole, by an api and a worker of at most ${MOST_MIB} MiB each`, async () => {
    const bodies = makeEvents(company, EVENTS).slice(0, EVENTS);
    const burst = await measureBurst(company, bodies);
    process.stdout.write(`${JSON.stringify(burst)}\n`);
    expect(burst).toMatchObject({ sent: EVENTS, failed: 0, results: { APPLIED: expect.any(Number) } });
    expect(Object.values(burst.results).reduce((sum, count) => sum + count, 0)).toBe(EVENTS);
    expect(Object.keys(burst.results).filter((result) => ['WAITING', 'FAILED', 'DEAD', 'IGNORED'].includes(result))).toEqual([]);
    expect(Math.max(burst.worker?.peak ?? 0, burst.api?.peak ?? 0)).toBeLessThanOrEqual(MOST_MIB);
  }, PATIENCE_MS);
});
