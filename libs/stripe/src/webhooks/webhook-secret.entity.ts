import { defineEntity, p } from '@mikro-orm/core';

/** `ENDPOINT`: of the endpoint that Kana made. `GIVEN`: of one that was made by hand. */
export const WEBHOOK_SECRET_SOURCES = ['ENDPOINT', 'GIVEN'] as const;
export type WebhookSecretSource = (typeof WEBHOOK_SECRET_SOURCES)[number];

const secretSchema = defineEntity({
  name: 'StripeWebhookSecret',
  tableName: 'stripe_webhook_secret',
  properties: {
    id: p.text().primary(),
    connectionId: p.text(),
    sealedSecret: p.text().hidden(),
    source: p.enum(WEBHOOK_SECRET_SOURCES),
    /** Stripe's id of the endpoint that signs with it; null where it was given. */
    endpointId: p.text().nullable(),
    createdAt: p.datetime(6),
    /** Until when it counts after another one has taken its place; null = it has not. */
    expiresAt: p.datetime(6).nullable(),
  },
  indexes: [{ properties: ['connectionId', 'createdAt'] }],
});

/** What Stripe signs a connection's webhooks with. Several at once while one is replaced (rule Y1). */
export class StripeWebhookSecret extends secretSchema.class {}
secretSchema.setClass(StripeWebhookSecret);
