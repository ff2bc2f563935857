import { Injectable } from '@nestjs/common';
import type { Histogram } from 'prom-client';

import { Metrics } from '@app/common';
import { CommandQueries } from '@app/sync';

const MILLISECONDS = 1000;
/** A command may wait for those before it, and for a Stripe that is away. */
const BUCKETS_SECONDS = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 3600, 21_600, 86_400];

/** How the commands end that this worker has brought to their end, and how long each has taken. */
@Injectable()
export class CommandMetrics {
  private readonly seconds: Histogram<'kind' | 'state'>;

  constructor(
    metrics: Metrics,
    private readonly commands: CommandQueries,
  ) {
    this.seconds = metrics.histogram(
      { name: 'command_duration_seconds', help: 'Commands to Stripe by kind and by how they ended, from when they were asked for to their end.', labels: ['kind', 'state'] },
      BUCKETS_SECONDS,
    );
  }

  /** After an attempt, of which there may be more to come. */
  async noteAttempt(commandId: string): Promise<void> {
    const { kind, state, createdAt, endedAt } = await this.commands.get(commandId);
    if (endedAt !== null) {
      this.seconds.observe({ kind, state }, Math.max(0, Date.parse(endedAt) - Date.parse(createdAt)) / MILLISECONDS);
    }
  }
}
