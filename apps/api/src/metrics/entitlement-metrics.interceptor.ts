import { Metrics } from '@app/common';
import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import type { Counter, Histogram } from 'prom-client';
import { type Observable, tap } from 'rxjs';

import { EntitlementController } from '../entitlements/entitlement.controller.js';

const MILLISECONDS = 1000;

/** What an answer to a check says of itself; in a batch, what went wrong with one question stands in its place. */
interface CheckAnswer {
  readonly access?: boolean;
  readonly reason?: { readonly code: string };
}

/** Counts what checks answered, and how long each call took, one question or many. */
@Injectable()
export class EntitlementMetricsInterceptor implements NestInterceptor {
  private readonly checks: Counter<'access' | 'reason'>;
  private readonly seconds: Histogram;

  constructor(metrics: Metrics) {
    this.checks = metrics.counter({
      name: 'entitlement_checks_total',
      help: 'Answers to entitlement checks by access and reason; error = unknown user or feature within a batch.',
      labels: ['access', 'reason'],
    });
    this.seconds = metrics.histogram({ name: 'entitlement_check_duration_seconds', help: 'Calls of the entitlement operations, single and batch.' });
  }

  intercept(context: ExecutionContext, next: CallHandler<unknown>): Observable<unknown> {
    if (context.getClass() !== EntitlementController) {
      return next.handle();
    }
    const started = performance.now();
    return next.handle().pipe(
      tap((answer) => {
        this.seconds.observe((performance.now() - started) / MILLISECONDS);
        answersIn(answer).forEach((each) => this.checks.inc(labelsOf(each)));
      }),
    );
  }
}

function answersIn(answer: unknown): CheckAnswer[] {
  if (typeof answer !== 'object' || answer === null) {
    return [];
  }
  return 'data' in answer && Array.isArray(answer.data) ? (answer.data as CheckAnswer[]) : [answer];
}

function labelsOf({ access, reason }: CheckAnswer): { access: string; reason: string } {
  return access === undefined || reason === undefined ? { access: 'none', reason: 'error' } : { access: String(access), reason: reason.code };
}
