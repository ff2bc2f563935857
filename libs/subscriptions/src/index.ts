/**
 * Owns package subscriptions and what follows from them: the projection of Stripe subscriptions, entitlements and their
 * changes. The writers of package subscriptions are here: one of those that Stripe is paid for, one of Kana's own.
 */
export { CHANGE_CAUSES, EntitlementChange, type AccessFacts, type ChangeCause } from './entitlement-change.entity.js';
export { PackageSubscription } from './package-subscription.entity.js';
export { StripeSubscription, StripeSubscriptionItem } from './stripe-subscription.entity.js';
export { SUBSCRIPTION_SOURCES, SUBSCRIPTION_STATUSES, type SubscriptionSource, type SubscriptionStatus } from './subscription.types.js';
export { SubscriptionApplier, type BatchApplied, type SubscriptionBatch } from './applier/subscription.applier.js';
export type { BatchCause } from './applier/write-batch.js';
export type { AskedCommand } from './commands/asked-command.js';
export type { CommandVerdict } from './commands/command.types.js';
export { COMMAND_REFUSALS, refusalInWords } from './commands/command.errors.js';
export type { Appended } from './commands/command-family.js';
export { CommandService } from './commands/command.service.js';
export { FOLLOWING_CODES, type NotAsked } from './commands/customer/customer-change.types.js';
export { CustomerChangeService } from './commands/customer/customer-change.service.js';
export { PRICE_INTERVALS, type AskedPrice } from './commands/price/new-price.types.js';
export { PriceCommandService } from './commands/price/price-command.service.js';
export { SubscriptionCommandService } from './commands/subscription-command.service.js';
export { LinkCommandService, type WantedLink } from './commands/link/link-command.service.js';
export type { AskedSubscribe, PriceWish } from './commands/subscribe/subscribe.types.js';
export { SubscribeCommandService, type WantedSubscribe } from './commands/subscribe/subscribe-command.service.js';
export { SubscribePreviewService } from './commands/preview/subscribe-preview.service.js';
export { CommandPreviewModule } from './commands/preview/command-preview.module.js';
export { PreviewSeal } from './commands/preview/preview-seal.js';
export { CommandPreviewService, type CommandPreview } from './commands/preview/command-preview.service.js';
export { ConversionService, type Converted } from './conversion/conversion.service.js';
export { connectionsToConvert, type ConversionScope } from './conversion/waiting.queries.js';
export { DryRunService } from './dry-run/dry-run.service.js';
export { IssueImpactQueries, type IssueConcern } from './issues/issue-impact.queries.js';
export { IssueDeriver } from './issues/issue-deriver.js';
export { addTouched, isNothing, NOTHING_TOUCHED, type Touched } from './issues/touched.js';
export { PersonLinkService } from './linking/person-link.service.js';
export { ManualSubscriptionService, type ManualEnd, type ManualSubscribe } from './manual/manual-subscription.service.js';
export { readRunOut, type RunningOut } from './manual/read-run-out.js';
export { GenerateAddonService, type WantedAddon } from './mapping/generate-addon.service.js';
export { MapPricesService, pointerOfOne, priceNotFound, type PointerOf, type WantedMapping } from './mapping/map-prices.service.js';
export { countAccess, countLive, findAwaited, findUnknown, findUnmet, nextLive, type CoveredStretch } from './drift/sweep.queries.js';
export type { ReadingsApplied } from './settling/readings-applied.js';
export { CatalogApplier } from './settling/catalog.applier.js';
export type { Completed, PendingReading, ReadingResult } from './settling/completion.js';
export { ObjectSettler, type Claimed, type CompletionOptions } from './settling/object-settler.service.js';
export { PageApplier, type ListedApplied, type ListedBatch } from './settling/page.applier.js';
export { FIELD_OWNERS, FIELD_OWNERSHIP, OWNED_OBJECTS, type FieldOwnership } from './ownership/field-ownership.js';
export { sameSubscription } from './settling/same-object.js';
export { loadStored } from './settling/settle.queries.js';
export type { FoundObject } from './settling/readings.js';
export { SubscriptionsModule } from './subscriptions.module.js';
export {
  ENTITLEMENT_REASONS,
  WHY_CODES,
  type EntitlementAnswer,
  type EntitlementQuestion,
  type EntitlementReasonCode,
  type EntitlementWhy,
  type WhyStripe,
  type WhySubscription,
} from './entitlements/entitlement.types.js';
export { EntitlementService, type EntitlementOutcome, type UserEntitlements } from './entitlements/entitlement.service.js';
export { EntitlementQueries, STANDING_STATEMENT, STANDINGS_STATEMENT, type UserStanding } from './entitlements/entitlement.queries.js';
export { EntitlementsModule } from './entitlements/entitlements.module.js';
export { UsageCounter, UsageDay, UsageRecord } from './usage/usage.entity.js';
export { UsageModule } from './usage/usage.module.js';
export { UsagePeriodsService, type PeriodRange } from './usage/usage-periods.service.js';
export { UsageService } from './usage/usage.service.js';
export {
  MAXIMUM_USAGE_DELTA,
  USAGE_ACTIONS,
  type RecordedUsage,
  type UsageAction,
  type UsageInPeriod,
  type UsageOutcome,
  type UsageRequest,
} from './usage/usage.types.js';
export type { UsagePeriod } from './usage/period.types.js';
