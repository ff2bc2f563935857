import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { ClientRequest, IncomingMessage } from 'node:http';

import { ENV, type Env, Metrics } from '@app/common';
import { Inject, Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import type { Counter } from 'prom-client';

import { RETRY_CHANNEL } from './stripe-call.js';

const ANSWERED = 'http.client.response.finish';
const FAILED = 'http.client.request.error';

/**
 * Counts what this process asks of Stripe. Node itself tells of every request that leaves, so that nothing can ask Stripe
 * uncounted, and each attempt counts.
 */
@Injectable()
export class StripeCallMetrics implements OnModuleInit, OnModuleDestroy {
  private readonly calls: Counter<'resource' | 'outcome'>;
  private readonly retries: Counter;
  private readonly host: string;

  constructor(metrics: Metrics, @Inject(ENV) env: Env) {
    this.calls = metrics.counter({
      name: 'stripe_calls_total',
      help: 'Requests to Stripe by resource and outcome: the status of the answer, or no_answer.',
      labels: ['resource', 'outcome'],
    });
    this.retries = metrics.counter({ name: 'stripe_retries_total', help: 'Requests to Stripe that failed and were tried again.' });
    this.host = new URL(env.stripeApiBase).hostname;
  }

  onModuleInit(): void {
    subscribe(ANSWERED, this.onAnswer);
    subscribe(FAILED, this.onFailure);
    subscribe(RETRY_CHANNEL, this.onRetry);
  }

  onModuleDestroy(): void {
    unsubscribe(ANSWERED, this.onAnswer);
    unsubscribe(FAILED, this.onFailure);
    unsubscribe(RETRY_CHANNEL, this.onRetry);
  }

  private readonly onAnswer = (message: unknown): void => {
    if (isRecord(message) && message['response'] instanceof IncomingMessage) {
      this.count(message['request'], String(message['response'].statusCode));
    }
  };

  private readonly onFailure = (message: unknown): void => {
    if (isRecord(message)) {
      this.count(message['request'], 'no_answer');
    }
  };

  private readonly onRetry = (): void => this.retries.inc();

  private count(request: unknown, outcome: string): void {
    if (request instanceof ClientRequest && request.host === this.host) {
      this.calls.inc({ resource: resourceOf(request.path), outcome });
    }
  }
}

/** `/v1/subscriptions/sub_1?limit=1` → `subscriptions`: never an id. */
function resourceOf(path: string): string {
  return /^\/v\d+\/([a-z_]+)(?=[/?]|$)/.exec(path)?.[1] ?? 'other';
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
