import type { NestFastifyApplication } from '@nestjs/platform-fastify';

const SWEEP_MS = 100;

/**
 * Lets a closing server end as soon as its last answer is out: callers keep their connections open for the next request,
 * and the server would wait for them until it is killed. What still comes in on such a connection is answered.
 */
export function drainConnections(app: NestFastifyApplication): void {
  const server = app.getHttpAdapter().getInstance();
  let closing = false;
  server.addHook('preClose', (done) => {
    closing = true;
    const sweep = setInterval(() => server.server.closeIdleConnections(), SWEEP_MS);
    server.server.once('close', () => clearInterval(sweep));
    sweep.unref();
    done();
  });
  server.addHook('onSend', (_request, reply, _payload, done) => {
    if (closing) {
      void reply.header('Connection', 'close');
    }
    done();
  });
}
