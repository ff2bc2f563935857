import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';

import type { FakeAnswer } from './fake-stripe.js';

/** One address behind which several sandboxes stand, as several accounts stand behind Stripe's: the key decides which. */
export interface StripeSwitch {
  url: string;
  /** Every key that was sent here. */
  keys: Set<string>;
  /** Answers instead of the account; undefined = the account answers. */
  instead: (path: string, key: string) => FakeAnswer | undefined;
  close(): Promise<void>;
}

/** @param accountOf the address of the sandbox that a key belongs to */
export async function startStripeSwitch(accountOf: (key: string) => string): Promise<StripeSwitch> {
  const state: Pick<StripeSwitch, 'keys' | 'instead'> = { keys: new Set(), instead: () => undefined };
  const answer = async (request: IncomingMessage): Promise<{ status: number; text: string }> => {
    const path = request.url ?? '/';
    const key = (request.headers.authorization ?? '').replace('Bearer ', '');
    state.keys.add(key);
    const own = state.instead(path, key);
    if (own !== undefined) {
      return { status: own.status ?? 200, text: JSON.stringify(own.body) };
    }
    const response = await fetch(`${accountOf(key)}${path}`, { headers: { authorization: `Bearer ${key}` } });
    return { status: response.status, text: await response.text() };
  };
  const server = createServer((request, response) => {
    void answer(request).then(({ status, text }) => {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(text);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const url = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
  return Object.assign(state, {
    url,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  });
}
