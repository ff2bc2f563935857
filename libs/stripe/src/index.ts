/**
 * The only user of the Stripe SDK: reads Stripe into snapshots, changes it call by call, keeps the connections (accounts, keys, settings), makes their
 * webhook endpoints, tells authentic webhooks from others, and keeps within Stripe's limits. Owns no snapshot table: each lib stores the snapshots that it decides from.
 */
export { StripeCallError } from './client/stripe-call.js';
export { STAMP_KEYS, type CustomerReading, type PriceReading, type ProductReading, type SubscriptionReading } from './client/readings.js';
export type { Span } from './client/span.js';
export type { CustomerPage, PageStart, SubscriptionPage, UnreadableObject } from './client/stripe-page.js';
export type { EventPage, EventPlace } from './client/stripe-event-reader.js';
export { StripeReader, type SubscriptionFilter } from './client/stripe-reader.js';
export { StripeReaders } from './client/stripe-readers.js';
export { RequestBudget } from './budget/request-budget.entity.js';
export { RequestBudgets } from './budget/request-budget.service.js';
export { RequestPacing, type Throttle } from './budget/request-pacing.js';
export { missingRights } from './connections/check-permissions.js';
export type { KeyReport } from './connections/key-prober.js';
export { TOLERANCE_SECONDS } from './webhooks/check-signature.js';
export { ConnectionService } from './connections/connection.service.js';
export { lockSettings } from './connections/lock-settings.js';
export { EVENT_TYPES, type StripeObjectType } from './events/event-types.js';
export type { CheckoutReading } from './events/read-checkout.js';
export { UnreadableEventError, type EventBody, type EventReading } from './events/read-event.js';
export { Deployment } from './connections/deployment.entity.js';
export { EMAIL_MATCH_POLICIES, STRIPE_MODES, StripeConnection, type ConnectionSettings, type EmailMatchPolicy, type KeyPermission, type StripeMode, WEBHOOK_STATES } from './connections/stripe-connection.entity.js';
export type { CustomerSnapshot, ItemSnapshot, PriceAmount, PriceSnapshot, PriceTier, ProductSnapshot, SubscriptionSnapshot } from './snapshots/snapshots.js';
export { UnreadableObjectError } from './snapshots/read-values.js';
export { StripeModule } from './stripe.module.js';
export { checkSignature } from './webhooks/check-signature.js';
export { readWebhook, type EventAddressee, type WebhookReading } from './webhooks/read-webhook.js';
export { NO_WEBHOOK } from './webhooks/resolve-webhook-status.js';
export { StripeWebhookSecret } from './webhooks/webhook-secret.entity.js';
export type { EndpointFlaw } from './webhooks/check-endpoint.js';
export { WebhookInspector, type WebhookInspection } from './webhooks/webhook-inspector.js';
export { WebhookService, type WebhookRotation } from './webhooks/webhook.service.js';
export {
  isCreation,
  PAUSE_BEHAVIORS,
  PRORATIONS,
  type ChangeRequest,
  type CollectionPause,
  type CreatedObject,
  type CreationRequest,
  type CustomerChange,
  type ItemChange,
  type ItemsChange,
  type NewCustomer,
  type NewItem,
  type NewPrice,
  type NewSession,
  type NewSubscription,
  type PauseBehavior,
  type Proration,
  type StripeWriteAnswer,
  type StripeWriteError,
  type StripeWriteRequest,
  type SubscriptionChange,
  type SubscriptionRequest,
  type WriteIdentity,
  type WrittenReading,
} from './writes/write-request.js';
export type { CostPreview, InvoicePreview, PreviewLine } from './writes/invoice-preview.js';
export { StripeWriters } from './writes/stripe-writers.js';
export { WebhookVerifier, type WebhookVerdict } from './webhooks/webhook-verifier.js';
