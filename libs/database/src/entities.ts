import { ApiKey, AuditEntry, IdempotencyRecord } from '@app/access';
import { Feature, Package, PackageFeature } from '@app/catalog';
import { CheckoutReference, CustomerLink, EmailClaim, StripeCustomer, User, UserName } from '@app/customers';
import { MappingRule, PriceMapping, StripePrice, StripeProduct } from '@app/mapping';
import { Deployment, RequestBudget, StripeConnection, StripeWebhookSecret } from '@app/stripe';
import { EntitlementChange, PackageSubscription, StripeSubscription, StripeSubscriptionItem, UsageCounter, UsageDay, UsageRecord } from '@app/subscriptions';
import { AsideObject, DriftRow, ImportAccessChange, ImportRange, ImportRow, ImportRun, SampleWalk, SyncCommand, SyncEvent, SyncIssue, SyncLane, SyncStream, WorkerProcess } from '@app/sync';

/** Every table, by name: nothing is found by scanning folders. */
export const entities = [
  ApiKey,
  AuditEntry,
  IdempotencyRecord,
  Feature,
  Package,
  PackageFeature,
  Deployment,
  StripeConnection,
  RequestBudget,
  StripeWebhookSecret,
  StripeProduct,
  StripePrice,
  PriceMapping,
  MappingRule,
  User,
  UserName,
  EmailClaim,
  StripeCustomer,
  CustomerLink,
  CheckoutReference,
  StripeSubscription,
  StripeSubscriptionItem,
  PackageSubscription,
  EntitlementChange,
  UsageRecord,
  UsageDay,
  UsageCounter,
  ImportRun,
  ImportRange,
  ImportRow,
  ImportAccessChange,
  DriftRow,
  AsideObject,
  SampleWalk,
  SyncIssue,
  SyncCommand,
  SyncEvent,
  SyncLane,
  SyncStream,
  WorkerProcess,
];
