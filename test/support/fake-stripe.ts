import { once } from 'node:events';
import { createServer } from 'node:http';

import type { Wire } from './stripe-wire.js';

/** What was asked of the stand-in. */
export interface AskedOfStripe {
  method: string;
  path: string;
  query: URLSearchParams;
  /** Without `Bearer`. */
  key: string;
  /** How often this path was asked for by this method, this time included. */
  time: number;
}

export interface FakeAnswer {
  status?: number;
  body: Wire;
  /** Beside those that every answer has; null leaves one of those out. */
  headers?: Record<string, string | null>;
}

/** A server on a free port that answers as a test says: for what the sandbox cannot show, such as failures. */
export interface FakeStripe {
  url: string;
  asked: AskedOfStripe[];
  close(): Promise<void>;
}

export async function startFakeStripe(answer: (asked: AskedOfStripe) => FakeAnswer): Promise<FakeStripe> {
  const asked: AskedOfStripe[] = [];
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://stripe.test');
    const { method = '' } = request;
    const one = {
      method,
      path: pathname,
      query: searchParams,
      key: (request.headers.authorization ?? '').replace('Bearer ', ''),
      time: asked.filter((each) => each.path === pathname && each.method === method).length + 1,
    };
    asked.push(one);
    const { status = 200, body, headers = {} } = answer(one);
    response.sendDate = headers['date'] !== null;
    Object.entries(headers).forEach(([name, value]) => value !== null && response.setHeader(name, value));
    response.writeHead(status, { 'content-type': 'application/json', 'request-id': `req_fake_${asked.length}` });
    response.end(JSON.stringify(body));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return {
    url: `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`,
    asked,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** An error as Stripe words it. */
export function stripeFault(status: number, error: Wire): FakeAnswer {
  return { status, body: { error: { type: 'invalid_request_error', message: 'No.', ...error } } };
}
