import { Metrics } from '@app/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';

const MILLISECONDS = 1000;

/** Measures every answer by the route's template: addresses hold the ids that callers chose. */
export function measureAnswers(app: NestFastifyApplication): void {
  const seconds = app.get(Metrics).histogram({
    name: 'http_request_duration_seconds',
    help: 'Requests by route template, method and status, from their arrival to the end of their answer.',
    labels: ['method', 'route', 'status'],
  });
  app
    .getHttpAdapter()
    .getInstance()
    .addHook('onResponse', (request, reply, done) => {
      const route = request.routeOptions.url ?? 'none';
      seconds.observe({ method: request.method, route, status: reply.statusCode }, reply.elapsedTime / MILLISECONDS);
      done();
    });
}
