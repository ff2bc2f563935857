import { answerWith } from '../entitlements/entitlement-answer.js';
import type { UserStanding } from '../entitlements/entitlement.queries.js';
import type { EntitlementContext } from '../entitlements/entitlement.types.js';
import { checkUsage } from './check-usage.js';
import type { UsagePeriod } from './period.types.js';
import { ownerKey, type PeriodTotals } from './period-totals.js';
import { requestHash } from './request-hash.js';
import { idempotencyKeyReused, usageBelowZero, usageOverBudget, usageTooLarge } from './usage.errors.js';
import { periodOf, type StoredUsage } from './usage-store.js';
import type { RecordedUsage, UsageOutcome, UsageRequest, UsageSpan } from './usage.types.js';

/** A request whose user and feature are known. */
export interface PlacedRequest {
  readonly request: UsageRequest;
  readonly standing: UserStanding;
  readonly context: EntitlementContext;
  /** When it counts: as asked, but never ahead of now. */
  readonly occurredAt: Date;
  /** The period that it counts in. */
  readonly span: UsageSpan;
  /** The period of now, which the counter stands at afterwards. */
  readonly current: UsageSpan;
  /** null when no terms bound it. */
  readonly period: UsagePeriod | null;
}

interface BatchContext {
  readonly apiKeyId: string;
  readonly recordedAt: Date;
  /** The records that are there already, by idempotency key. */
  readonly known: ReadonlyMap<string, StoredUsage>;
  readonly totals: PeriodTotals;
  readonly nextId: () => string;
}

/** Decides a batch record by record, in order: each sees the totals that those before it leave. */
export class UsageBatch {
  private readonly byKey: Map<string, StoredUsage>;
  private readonly added: StoredUsage[] = [];
  private readonly touched = new Map<string, UsageSpan>();

  constructor(private readonly context: BatchContext) {
    this.byKey = new Map(context.known);
  }

  decide(placed: PlacedRequest): UsageOutcome {
    const { request, standing } = placed;
    const known = this.byKey.get(request.idempotencyKey);
    if (known === undefined) {
      return this.record(placed);
    }
    return known.request_hash === requestHash(request)
      ? { kind: 'RECORDED', record: recordOf(known, standing.userId), replayed: true }
      : { kind: 'REFUSED', request, error: idempotencyKeyReused(request.idempotencyKey) };
  }

  /** The rows to write: records, and counters at the period of now. */
  writes(): { records: readonly StoredUsage[]; counters: { span: UsageSpan; used: number }[] } {
    const counters = [...this.touched.values()].map((span) => ({ span, used: this.context.totals.get(span) }));
    return { records: this.added, counters };
  }

  private record(placed: PlacedRequest): UsageOutcome {
    const { request, standing, context, span, period } = placed;
    const { totals } = this.context;
    const total = totals.get(span);
    const decision = checkUsage({ ...request, total, period, context });
    switch (decision.kind) {
      case 'RECORD': {
        const row = this.rowOf(placed, decision);
        totals.set(span, decision.total);
        this.added.push(row);
        this.byKey.set(request.idempotencyKey, row);
        this.touched.set(ownerKey(span), placed.current);
        return { kind: 'RECORDED', record: recordOf(row, standing.userId), replayed: false };
      }
      case 'BELOW_ZERO':
        return { kind: 'REFUSED', request, error: usageBelowZero(total, decision.amount) };
      case 'TOO_LARGE':
        return { kind: 'REFUSED', request, error: usageTooLarge() };
      case 'OVER_BUDGET':
        return { kind: 'OVER_BUDGET', request, error: usageOverBudget(decision.decision.reason), answer: answerWith(standing, context, decision.decision) };
    }
  }

  private rowOf({ request, span, occurredAt, period }: PlacedRequest, { amount, total }: { amount: number; total: number }): StoredUsage {
    return {
      id: this.context.nextId(),
      user_key: span.userKey,
      feature_id: span.featureId,
      action: request.action,
      delta: request.delta,
      amount,
      total,
      period_start: period?.start?.toISOString() ?? null,
      period_end: period?.end?.toISOString() ?? null,
      occurred_at: occurredAt.toISOString(),
      recorded_at: this.context.recordedAt.toISOString(),
      api_key_id: this.context.apiKeyId,
      idempotency_key: request.idempotencyKey,
      request_hash: requestHash(request),
    };
  }
}

function recordOf(row: StoredUsage, userId: string): RecordedUsage {
  return {
    id: row.id,
    userId,
    featureId: row.feature_id,
    action: row.action,
    delta: Number(row.delta),
    amount: Number(row.amount),
    total: Number(row.total),
    period: periodOf(row),
    occurredAt: new Date(row.occurred_at),
    recordedAt: new Date(row.recorded_at),
    idempotencyKey: row.idempotency_key,
  };
}
