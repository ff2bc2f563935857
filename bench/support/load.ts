import { connect, type Socket } from 'node:net';

/** What a round of requests took. */
export interface Load {
  /** Milliseconds, each request from its first byte sent to its last byte received. */
  readonly latencies: number[];
  readonly failures: number;
  readonly seconds: number;
}

export interface LoadOptions {
  readonly port: number;
  readonly connections: number;
  readonly seconds: number;
  /** The next request, whole, as it goes over the wire. */
  readonly next: () => string;
}

const HEAD_END = '\r\n\r\n';

/**
 * Keeps so many requests under way, each on a connection that stays open, and measures every one. Written on the bare
 * socket: a client library takes as much of the processor as what is measured.
 */
export async function putUnderLoad(options: LoadOptions): Promise<Load> {
  const latencies: number[] = [];
  const started = performance.now();
  const until = started + options.seconds * 1000;
  const failures = await Promise.all(Array.from({ length: options.connections }, () => askInTurn(options, until, latencies)));
  return { latencies, failures: failures.reduce((sum, count) => sum + count, 0), seconds: (performance.now() - started) / 1000 };
}

function askInTurn({ port, next }: LoadOptions, until: number, latencies: number[]): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket: Socket = connect({ port, host: '127.0.0.1', noDelay: true });
    let [answer, sentAt, failures] = ['', 0, 0];
    const ask = (): void => {
      answer = '';
      sentAt = performance.now();
      socket.write(next());
    };
    socket.setEncoding('latin1');
    socket.once('connect', ask);
    socket.once('error', reject);
    socket.on('data', (chunk: string) => {
      answer += chunk;
      if (!isWhole(answer)) {
        return;
      }
      const now = performance.now();
      latencies.push(now - sentAt);
      failures += answer.startsWith('HTTP/1.1 200 ') ? 0 : 1;
      if (now < until) {
        ask();
      } else {
        socket.end();
        resolve(failures);
      }
    });
  });
}

function isWhole(answer: string): boolean {
  const headEnd = answer.indexOf(HEAD_END);
  const length = /content-length: (\d+)/i.exec(answer)?.[1];
  return headEnd >= 0 && answer.length - headEnd - HEAD_END.length >= Number(length);
}

/** The value that this share of all is not above. */
export function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
}
