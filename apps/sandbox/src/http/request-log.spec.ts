import { describe, expect, it } from '@jest/globals';
import { RequestLog } from './request-log.js';

const START = Date.UTC(2026, 0, 1);

describe('RequestLog', () => {
  it('counts by path, and in the fullest second wherever that begins', () => {
    const log = new RequestLog();
    for (const at of [0, 900, 950, 1_100, 1_850, 1_900, 5_000]) log.count('GET', '/v1/a', START + at);
    log.count('GET', '/v1/b', START + 9_000);
    expect(log.report()).toEqual({
      total: 8,
      byPath: { 'GET /v1/a': 7, 'GET /v1/b': 1 },
      // From 900 up to, but without, 1,900.
      fullestSecond: { at: '2026-01-01T00:00:00.900Z', count: 4 },
      fullestSecondByPath: {
        'GET /v1/a': { at: '2026-01-01T00:00:00.900Z', count: 4 },
        'GET /v1/b': { at: '2026-01-01T00:00:09.000Z', count: 1 },
      },
    });
  });

  it('keeps count over many more requests than one second holds', () => {
    const log = new RequestLog();
    for (let index = 0; index < 5_000; index += 1) log.count('GET', '/v1/a', START + index * 10);
    expect(log.report().fullestSecond.count).toBe(100);
    expect(log.report().total).toBe(5_000);
  });

  it('forgets everything when it is reset', () => {
    const log = new RequestLog();
    log.count('GET', '/v1/a', START);
    log.reset();
    expect(log.report()).toEqual({ total: 0, byPath: {}, fullestSecond: { at: null, count: 0 }, fullestSecondByPath: {} });
  });
});
