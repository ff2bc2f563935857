import { Metrics, sqlRows } from '@app/common';
import { COMMAND_KINDS } from '@app/sync';
import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';
import type { Gauge } from 'prom-client';

const OPEN_STATES = ['QUEUED', 'SENDING', 'UNKNOWN'] as const;
const END_STATES = ['APPLIED', 'FAILED'] as const;

interface OpenRow {
  state: string;
  count: string;
  age: string;
}

interface EndedRow {
  kind: string;
  state: string;
  count: string;
}

/** What Kana wants of Stripe, over all connected accounts: while an account is disconnected its commands wait for somebody. */
@Injectable()
export class CommandMetrics {
  private readonly open: Gauge<'state'>;
  private readonly longestOpen: Gauge;
  private readonly lastDay: Gauge<'kind' | 'state'>;

  constructor(
    metrics: Metrics,
    private readonly em: EntityManager,
  ) {
    this.open = metrics.gauge({ name: 'sync_commands_open', help: 'Commands to Stripe that have not ended, by state.', labels: ['state'] });
    this.longestOpen = metrics.gauge({ name: 'sync_command_longest_open_seconds', help: 'How long ago the oldest command was asked for that has not ended; 0 = none is open.' });
    this.lastDay = metrics.gauge({ name: 'sync_commands_day', help: 'Commands to Stripe that ended in the last 24 hours, by kind and by how.', labels: ['kind', 'state'] });
  }

  async refresh(): Promise<void> {
    const open = await sqlRows<OpenRow>(this.em.fork(), OPEN);
    const ended = await sqlRows<EndedRow>(this.em.fork(), ENDED);
    OPEN_STATES.forEach((state) => this.open.set({ state }, Number(open.find((row) => row.state === state)?.count ?? 0)));
    this.longestOpen.set(Math.max(0, ...open.map(({ age }) => Number(age))));
    COMMAND_KINDS.forEach((kind) => END_STATES.forEach((state) => this.lastDay.set({ kind, state }, 0)));
    ended.forEach(({ kind, state, count }) => this.lastDay.set({ kind, state }, Number(count)));
  }
}

const OPEN = `
  select c.state, count(*) as count, extract(epoch from now() - min(c.created_at)) as age
    from sync_command c join stripe_connection s on s.id = c.connection_id
   where c.next_attempt_at is not null and s.status = 'CONNECTED' group by c.state`;

const ENDED = `
  select c.kind, c.state, count(*) as count
    from sync_command c join stripe_connection s on s.id = c.connection_id
   where c.ended_at > now() - interval '1 day' and s.status = 'CONNECTED' group by c.kind, c.state`;
