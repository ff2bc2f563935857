import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { SEED } from '../../../../test/support/seed.js';
import type { RequestRates } from './resolve-rates.js';
import { type BudgetState, lowerRate, resolveSlot, type SlotRequest, UNUSED } from './resolve-slot.js';

const RATES: RequestRates = { all: 40, endpoint: 20 };
const T = 1_000_000;
const PAGES = 'GET /v1/subscriptions';
const READS = 'GET /v1/subscriptions/:id';

const ask = (difference: Partial<SlotRequest> = {}): SlotRequest => ({ endpoint: PAGES, priority: 'LATER', isQueued: false, ...difference });

/** Asks for one after the other at these moments; gives the answers. */
function play(moments: readonly [at: number, request: SlotRequest][], rates = RATES, state: BudgetState = UNUSED): { answers: [kind: string, inMs: number][]; state: BudgetState } {
  const answers: [string, number][] = [];
  let last = state;
  for (const [at, request] of moments) {
    const { state: next, answer } = resolveSlot(last, request, rates, at);
    last = next;
    answers.push([answer.kind, answer.inMs]);
  }
  return { answers, state: last };
}

describe('a slot', () => {
  it('is at once where nobody has asked for a while', () => {
    expect(play([[T, ask()]]).answers).toEqual([['GO', 0]]);
  });

  it('comes after the one before, of the endpoint and in all', () => {
    const { answers } = play([[T, ask()], [T, ask()], [T, ask({ endpoint: READS })], [T, ask({ endpoint: READS })]]);
    expect(answers).toEqual([['GO', 0], ['GO', 50], ['GO', 25], ['GO', 75]]);
  });

  it('that one endpoint has taken ahead leaves the time before it to the others', () => {
    const { answers } = play([[T, ask()], [T, ask()], [T, ask()], [T, ask({ endpoint: READS })], [T + 10, ask({ endpoint: 'GET /v1/events' })]]);
    expect(answers).toEqual([['GO', 0], ['GO', 50], ['GO', 100], ['GO', 25], ['GO', 65]]);
  });

  it('is not saved up', () => {
    const { answers } = play([[T, ask()], [T + 5000, ask()], [T + 5000, ask()]]);
    expect(answers).toEqual([['GO', 0], ['GO', 0], ['GO', 50]]);
  });

  it('is at once where there is no limit', () => {
    expect(play([[T, ask()], [T, ask()]], { all: 0, endpoint: 0 }).answers).toEqual([['GO', 0], ['GO', 0]]);
  });

  it('is not taken far ahead by what can wait, and is by what cannot', () => {
    const many = (request: SlotRequest): [number, SlotRequest][] => Array.from({ length: 7 }, () => [T, request]);
    expect(play(many(ask())).answers.at(-1)).toEqual(['ASK_AGAIN', 50]);
    expect(play(many(ask({ endpoint: READS, priority: 'FIRST' }))).answers.at(-1)).toEqual(['GO', 300]);
  });

  it('is left to what cannot wait while that queues for the account', () => {
    const rates = { all: 20, endpoint: 20 };
    const first = ask({ endpoint: READS, priority: 'FIRST', isQueued: true });
    const { answers } = play([[T, ask()], [T, first], [T, ask()], [T + 199, ask()], [T + 200, ask()]], rates);
    expect(answers).toEqual([['GO', 0], ['GO', 50], ['ASK_AGAIN', 200], ['ASK_AGAIN', 1], ['GO', 0]]);
  });

  it('is not left where only the other’s own endpoint is short', () => {
    const first = ask({ endpoint: READS, priority: 'FIRST', isQueued: true });
    const { answers } = play([[T, first], [T, first], [T + 60, ask()]], { all: 1000, endpoint: 20 });
    expect(answers).toEqual([['GO', 0], ['GO', 50], ['GO', 0]]);
  });
});

describe('an import that keeps itself back', () => {
  const within = { all: 1, endpoint: 4 };
  const half = (part: Partial<SlotRequest> = {}): SlotRequest => ask({ within: { all: 10, endpoint: 10 }, ...part });

  it('keeps its distance from its own last request, of the endpoint and in all', () => {
    const { answers } = play([[T, half()], [T, half()], [T + 100, half({ endpoint: READS })], [T + 150, half()], [T + 200, half()]]);
    expect(answers).toEqual([['GO', 0], ['ASK_AGAIN', 100], ['GO', 0], ['ASK_AGAIN', 50], ['GO', 0]]);
  });

  it('asks again soon, as it may be told another share, which counts at once', () => {
    expect(play([[T, ask({ within })], [T, ask({ within })], [T + 100, half()]]).answers).toEqual([['GO', 0], ['ASK_AGAIN', 500], ['GO', 0]]);
  });

  it('holds up nobody else', () => {
    const first = ask({ priority: 'FIRST' });
    expect(play([[T, half()], [T + 60, half()], [T + 60, first], [T + 60, first]]).answers).toEqual([['GO', 0], ['ASK_AGAIN', 40], ['GO', 0], ['GO', 50]]);
  });
});

describe('a 429', () => {
  const spacing = (state: BudgetState, endpoint: string, at: number): number => {
    const { answers } = play([[at, ask({ endpoint, priority: 'FIRST' })], [at, ask({ endpoint, priority: 'FIRST' })]], RATES, state);
    return Math.round(answers[1]?.[1] ?? 0) - Math.round(answers[0]?.[1] ?? 0);
  };

  it('slows its endpoint down, and rests it', () => {
    const state = lowerRate(UNUSED, PAGES, 'endpoint-rate', T);
    expect(play([[T, ask()]], RATES, state).answers).toEqual([['GO', 250]]);
    expect(spacing(state, PAGES, T + 1000)).toBe(69);
    expect(spacing(state, READS, T + 1000)).toBe(50);
  });

  it('of the account slows everything down', () => {
    const state = lowerRate(UNUSED, PAGES, 'global-rate', T);
    expect(play([[T, ask({ endpoint: READS })]], RATES, state).answers).toEqual([['GO', 250]]);
    expect(spacing({ ...state, endpoints: {} }, READS, T + 1000)).toBe(50);
    expect(state.all.factor).toBe(0.7);
  });

  it('counts once with those that were under way with it, and again later, down to a tenth', () => {
    const twice = lowerRate(lowerRate(UNUSED, PAGES, null, T), PAGES, null, T + 999);
    expect(twice.endpoints[PAGES]?.factor).toBe(0.7);
    let state = twice;
    for (let second = 1; second < 20; second += 1) {
      state = lowerRate(state, PAGES, null, T + second * 1000);
    }
    expect(state.endpoints[PAGES]?.factor).toBeCloseTo(0.1);
  });

  it('is made good within a quarter of a minute', () => {
    const state = lowerRate(UNUSED, PAGES, null, T);
    expect(spacing(state, PAGES, T + 5000)).toBe(63);
    expect(spacing(state, PAGES, T + 15_000)).toBe(50);
  });
});

describe(`any number of processes (seed ${SEED})`, () => {
  const step = fc.record({
    wait: fc.integer({ min: 0, max: 60 }),
    endpoint: fc.constantFrom(PAGES, READS, 'GET /v1/customers', 'GET /v1/events'),
    priority: fc.constantFrom('FIRST' as const, 'LATER' as const),
    isQueued: fc.boolean(),
  });
  const most = (times: readonly number[]): number =>
    Math.max(0, ...times.map((from) => times.filter((time) => time >= from && time < from + 1000).length));

  it('leave within no second more than the limits allow, of an endpoint and in all', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        let [now, state] = [T, UNUSED];
        const left: { endpoint: string; at: number }[] = [];
        for (const { wait, ...request } of steps) {
          now += wait;
          const resolved = resolveSlot(state, request, RATES, now);
          state = resolved.state;
          if (resolved.answer.kind === 'GO') {
            left.push({ endpoint: request.endpoint, at: now + resolved.answer.inMs });
          }
        }
        expect(most(left.map(({ at }) => at))).toBeLessThanOrEqual(RATES.all);
        for (const [, own] of Map.groupBy(left, ({ endpoint }) => endpoint)) {
          expect(most(own.map(({ at }) => at))).toBeLessThanOrEqual(RATES.endpoint);
        }
      }),
      { seed: SEED },
    );
  });
});
