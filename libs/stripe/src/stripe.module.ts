import { Module } from '@nestjs/common';

import { RequestBudgets } from './budget/request-budget.service.js';
import { RequestPacing } from './budget/request-pacing.js';
import { StripeCallMetrics } from './client/stripe-call-metrics.js';
import { StripeReaders } from './client/stripe-readers.js';
import { ConnectionService } from './connections/connection.service.js';
import { EndpointKeeper } from './webhooks/endpoint-keeper.js';
import { WebhookInspector } from './webhooks/webhook-inspector.js';
import { WebhookKeys } from './webhooks/webhook-keys.js';
import { WebhookSecrets } from './webhooks/webhook-secrets.js';
import { WebhookVerifier } from './webhooks/webhook-verifier.js';
import { WebhookService } from './webhooks/webhook.service.js';
import { StripeWriters } from './writes/stripe-writers.js';

@Module({
  providers: [ConnectionService, RequestBudgets, RequestPacing, StripeReaders, StripeWriters, StripeCallMetrics, EndpointKeeper, WebhookKeys, WebhookSecrets, WebhookVerifier, WebhookInspector, WebhookService],
  exports: [ConnectionService, StripeReaders, StripeWriters, WebhookVerifier, WebhookInspector, WebhookService],
})
export class StripeModule {}
