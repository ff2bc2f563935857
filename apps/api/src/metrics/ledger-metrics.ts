import { Metrics, sqlRows } from '@app/common';
import { WORKER_AWAY_SECONDS } from '@app/sync';
import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable, Logger } from '@nestjs/common';
import type { Gauge } from 'prom-client';

import { CommandMetrics } from './command-metrics.js';
import { StreamMetrics } from './stream-metrics.js';

const RESULTS = ['created', 'updated', 'unchanged', 'parked', 'failed'] as const;

type Totals = Record<(typeof RESULTS)[number], string>;

/**
 * What the ledgers in PostgreSQL say, read when somebody asks. It is the same in every process and outlives all of them,
 * so take the `max` over several apis, never the sum.
 */
@Injectable()
export class LedgerMetrics {
  private readonly logger = new Logger(LedgerMetrics.name);
  private readonly up: Gauge;
  private readonly runs: Gauge<'status'>;
  private readonly subscriptions: Gauge<'result'>;
  private readonly oldestQueued: Gauge;
  private readonly lag: Gauge;
  private readonly workers: Gauge;
  private readonly issues: Gauge<'kind'>;

  constructor(
    metrics: Metrics,
    private readonly em: EntityManager,
    private readonly streams: StreamMetrics,
    private readonly commands: CommandMetrics,
  ) {
    this.up = metrics.gauge({ name: 'ledger_readable', help: '1 when the figures of the ledgers below could be read just now, else 0.' });
    this.runs = metrics.gauge({ name: 'import_runs', help: 'Import runs in the ledger by status.', labels: ['status'] });
    this.subscriptions = metrics.gauge({ name: 'import_subscriptions', help: 'Subscriptions carried over by all import runs, by result.', labels: ['result'] });
    this.oldestQueued = metrics.gauge({ name: 'import_oldest_waiting_seconds', help: 'How long the longest waiting import run has had no worker; 0 = none waits.' });
    this.lag = metrics.gauge({ name: 'sync_lag_seconds', help: 'Time since everything was last known to be in step with Stripe, of the connection furthest behind.' });
    this.workers = metrics.gauge({ name: 'workers_running', help: 'Workers that have given a sign of life lately.' });
    this.issues = metrics.gauge({ name: 'sync_issues_open', help: 'Open sync issues by kind.', labels: ['kind'] });
  }

  async refresh(): Promise<void> {
    try {
      await this.read(this.em.fork());
      this.up.set(1);
    } catch (error) {
      // The figures of the process itself are still worth showing.
      this.up.set(0);
      this.logger.warn({ err: error }, 'The ledgers could not be read for the metrics');
    }
  }

  private async read(em: EntityManager): Promise<void> {
    const runs = await sqlRows<{ status: string; count: string }>(em, 'select status, count(*) as count from import_run group by status');
    const sums = RESULTS.map((result) => `coalesce(sum(${result}), 0) as ${result}`).join(', ');
    const [totals] = await sqlRows<Totals>(em, `select ${sums} from import_range r join import_run u on u.id = r.run_id where u.kind <> 'DRY_RUN'`);
    const [ages] = await sqlRows<{ waiting: string | null; lag: string | null; workers: string }>(em, AGES);
    const issues = await sqlRows<{ kind: string; count: string }>(em, OPEN_ISSUES);
    this.runs.reset();
    runs.forEach(({ status, count }) => this.runs.set({ status }, Number(count)));
    RESULTS.forEach((result) => this.subscriptions.set({ result }, Number(totals?.[result] ?? 0)));
    this.oldestQueued.set(Number(ages?.waiting ?? 0));
    this.lag.set(Number(ages?.lag ?? 0));
    this.workers.set(Number(ages?.workers ?? 0));
    this.issues.reset();
    issues.forEach(({ kind, count }) => this.issues.set({ kind }, Number(count)));
    await this.streams.refresh();
    await this.commands.refresh();
  }
}

/** By PostgreSQL's clock, which leases go by, too. A run without a worker waits since it was asked for, or since its lease ended. */
const AGES = `
  select (select max(extract(epoch from now() - coalesce(until, requested_at)))
            from (select requested_at, status, case kind when 'DRY_RUN' then dry_lease_until else lease_until end as until from import_run) as run
           where status in ('QUEUED', 'RUNNING') and (until is null or until < now())) as waiting,
         (select max(extract(epoch from now() - coalesce(s.synced_through, c.created_at))) from stripe_connection c
            left join sync_stream s on s.connection_id = c.id where c.status = 'CONNECTED') as lag,
         (select count(*) from worker_process where seen_at >= now() - interval '${WORKER_AWAY_SECONDS} s') as workers`;

const OPEN_ISSUES = `select kind, count(*) as count from sync_issue where status = 'OPEN' group by kind`;
