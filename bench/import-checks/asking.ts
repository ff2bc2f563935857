import { Agent, request } from 'node:http';

import { percentile } from '../support/load.js';
import { round } from '../support/machine.js';
import { paceLoad } from '../support/paced-load.js';

/** What the parent tells: whom to ask, about whom, at what pace. */
export interface AskingOrder {
  readonly port: number;
  readonly key: string;
  readonly users: readonly string[];
  readonly perSecond: number;
}

export interface Quantiles {
  readonly p50: number;
  readonly p99: number;
  readonly checks: number;
  readonly failures: number;
}

/**
 * A process of its own, as the one that holds the sandbox is busy with it while an import runs: asks from the order on until the
 * next word, and tells the quantiles.
 */
const agent = new Agent({ keepAlive: true, maxSockets: 32 });
let asking: Promise<void> | null = null;
let isOver = false;
process.on('message', (message: AskingOrder | 'over') => {
  if (message === 'over') {
    isOver = true;
    return;
  }
  isOver = false;
  asking = (asking ?? Promise.resolve()).then(() => ask(message));
});
process.on('disconnect', () => process.exit(0));
process.send?.({ ready: true });

async function ask(order: AskingOrder): Promise<void> {
  let next = 0;
  const { latencies, failures } = await paceLoad(order.perSecond, () => check(order, order.users[(next += 1) % order.users.length] ?? ''), () => isOver);
  const quantiles: Quantiles = { p50: round(percentile(latencies, 0.5)), p99: round(percentile(latencies, 0.99)), checks: latencies.length, failures };
  process.send?.(quantiles);
}

function check({ port, key }: AskingOrder, user: string): Promise<boolean> {
  return new Promise((resolve) => {
    const asked = request({ agent, port, host: '127.0.0.1', path: `/v1/users/${user}/entitlements/projects`, headers: { authorization: `Bearer ${key}` } }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (part: string) => (text += part));
      response.on('end', () => resolve(response.statusCode === 200 && text.includes('"access":true')));
    });
    asked.on('error', () => resolve(false));
    asked.end();
  });
}
