import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { makeStripeClient } from '../client/stripe-client.js';

const FAULT = JSON.stringify({ error: { type: 'invalid_request_error', message: 'Too many requests' } });

describe('a client whose requests are paced', () => {
  let server: Server;
  let isCut: boolean;
  let last: ServerResponse | undefined;
  beforeEach(async () => {
    isCut = false;
    server = createServer((_request, response) => {
      last = response;
      response.writeHead(429, { 'content-type': 'application/json', 'content-length': FAULT.length, 'stripe-rate-limited-reason': 'global-rate' });
      response.write(isCut ? FAULT.slice(0, 9) : FAULT, () => isCut || response.end());
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  afterEach(() => void server.close());

  function ask(refused: (endpoint: string, reason: string | null) => Promise<void>): Promise<unknown> {
    const stripe = makeStripeClient('sk_test_x', `http://127.0.0.1:${(server.address() as AddressInfo).port}`, undefined, { pass: () => Promise.resolve(), refused });
    return stripe.customers.list();
  }

  it('tells the others of a 429, and for what', async () => {
    const told: unknown[] = [];
    await expect(ask(async (endpoint, reason) => void told.push([endpoint, reason]))).rejects.toMatchObject({ statusCode: 429 });
    expect(told).toEqual([['GET /v1/customers', 'global-rate']]);
  });

  it('ends, too, where the connection is lost while the others are told', async () => {
    isCut = true;
    const lost = ask(async () => {
      last?.destroy();
      await sleep(100);
    });
    await expect(lost).rejects.toMatchObject({ type: 'StripeConnectionError' });
  });
});
