import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';

import { ENV, type Env, KanaError, Metrics, PoolMetrics } from '@app/common';
import { Readiness } from '@app/database';
import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';

interface Answer {
  readonly status: number;
  readonly type: 'application/json' | 'text/plain; version=0.0.4; charset=utf-8';
  readonly body: string;
}

/**
 * Answers an orchestrator's probes and Prometheus where `WORKER_HEALTH_PORT` says so: /health/live, /health/ready,
 * /metrics. Without a key, as it shows figures and states only: keep the port inside your network.
 */
@Injectable()
export class HealthServer implements OnApplicationBootstrap, OnApplicationShutdown {
  private server: Server | undefined;

  constructor(
    @Inject(ENV) private readonly env: Env,
    private readonly readiness: Readiness,
    private readonly metrics: Metrics,
    private readonly pools: PoolMetrics,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    if (this.env.workerHealthPort !== undefined) {
      this.server = createServer((request, response) => void this.answer(request.url ?? '', response));
      this.server.listen(this.env.workerHealthPort, this.env.host);
      await once(this.server, 'listening');
    }
  }

  async onApplicationShutdown(): Promise<void> {
    if (this.server !== undefined) {
      this.server.closeAllConnections();
      this.server.close();
      await once(this.server, 'close');
    }
  }

  private async answer(url: string, response: ServerResponse): Promise<void> {
    const { status, type, body } = await this.answerTo(url).catch(toUnready);
    response.writeHead(status, { 'Content-Type': type }).end(body);
  }

  private async answerTo(url: string): Promise<Answer> {
    switch (url) {
      case '/health/live':
        return json(200, { status: 'ok' });
      case '/health/ready':
        return this.answerReady();
      case '/metrics':
        await this.pools.refresh();
        return { status: 200, type: 'text/plain; version=0.0.4; charset=utf-8', body: await this.metrics.text() };
      default:
        return json(404, { status: 'unknown' });
    }
  }

  /** A worker whom nobody can wake up does not do its work, and says so; the api does its own without the queue. */
  private async answerReady(): Promise<Answer> {
    const { queue } = await this.readiness.assertReady();
    return queue === 'available' ? json(200, { status: 'ready', queue }) : json(503, { status: 'unready', code: 'queue_unavailable' });
  }
}

function toUnready(error: unknown): Answer {
  return json(503, { status: 'unready', code: error instanceof KanaError ? error.code : 'internal_error' });
}

function json(status: number, body: object): Answer {
  return { status, type: 'application/json', body: JSON.stringify(body) };
}
