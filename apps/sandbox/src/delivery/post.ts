import { Agent, request as overHttp } from 'node:http';
import type { ClientRequest, IncomingMessage, RequestOptions } from 'node:http';
import { Agent as TlsAgent, request as overTls } from 'node:https';

const HEADERS = {
  'content-type': 'application/json; charset=utf-8',
  accept: '*/*; q=0.5, application/xml',
  'cache-control': 'no-cache',
  'user-agent': 'Stripe/1.0 (+https://stripe.com/docs/webhooks)',
};

export interface Letter {
  url: string;
  body: Buffer;
  signature: string;
  timeoutMs: number;
}

/** Sends deliveries over connections that stay open. */
export class Postman {
  private readonly plain = new Agent({ keepAlive: true });
  private readonly tls = new TlsAgent({ keepAlive: true });

  /** The status of the answer, or 0 when there was none in time. A redirect is not followed. */
  async post(letter: Letter): Promise<number> {
    for (;;) {
      const outcome = await this.attempt(letter);
      if (outcome !== 'stale') return outcome;
    }
  }

  close(): void {
    this.plain.destroy();
    this.tls.destroy();
  }

  /** `stale`: the other side had closed the idle connection that was taken, and so it knows of nothing. */
  private attempt({ url, body, signature, timeoutMs }: Letter): Promise<number | 'stale'> {
    return new Promise((resolve) => {
      const headers = { ...HEADERS, 'content-length': body.length, 'stripe-signature': signature };
      const call = this.open(url, { method: 'POST', headers }, (answer) => {
        answer.resume();
        answer.once('end', () => settle(answer.statusCode ?? 0));
        answer.once('error', () => settle(0));
      });
      const timer = setTimeout(() => call.destroy(new Error('timed out')), timeoutMs);
      const settle = (outcome: number | 'stale'): void => {
        clearTimeout(timer);
        resolve(outcome);
      };
      call.once('error', (error) => settle(call.reusedSocket && isReset(error) ? 'stale' : 0));
      call.end(body);
    });
  }

  private open(url: string, options: RequestOptions, onAnswer: (answer: IncomingMessage) => void): ClientRequest {
    return url.startsWith('https:')
      ? overTls(url, { ...options, agent: this.tls }, onAnswer)
      : overHttp(url, { ...options, agent: this.plain }, onAnswer);
  }
}

function isReset(error: Error): boolean {
  return 'code' in error && (error.code === 'ECONNRESET' || error.code === 'EPIPE');
}
