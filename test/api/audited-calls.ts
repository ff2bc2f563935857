/** A valid call of an operation. */
export interface AuditedCall {
  readonly operationId: string;
  readonly path: string;
  readonly body?: unknown;
  /** A statement that brings about what the call is for. */
  readonly given?: string;
}

/** A recurring price that Kana has read. */
export interface ReadPrice {
  readonly id: string;
  readonly product: { readonly id: string };
}

/** Changing operations whose own rows are the record. */
export const RECORDED_ELSEWHERE = ['recordUsage'];

/** An event that is there. */
export const AUDITED_EVENT = 'evt_audited';

/** An open issue about the ninth price. */
export const AUDITED_ISSUE = 'iss_audited';

/** That failed, about a subscription that is paid through Stripe and goes on. */
const FAILED_COMMAND = `
  with paid as (
    insert into package_subscription (id, user_key, package_id, status, source, gives_access, started_at, cancel_at_period_end, usage_anchor, connection_id, stripe_subscription_id, created_at, updated_at)
    select 'psub_audited', u.key, 'gold', 'ACTIVE', 'STRIPE', true, now(), false, now(), s.connection_id, s.id, now(), now()
      from stripe_subscription s, (select key from kana_user limit 1) u where s.id = 'sub_audited'
    returning connection_id)
  insert into sync_command (id, connection_id, kind, ordering_key, asked, key_number, state, attempts, fence, asked_by, created_at, ended_at)
  select 'cmd_audited', connection_id, 'RESUME', 'SUBSCRIPTION sub_audited', '{"subscriptionId": "psub_audited"}', 1, 'FAILED', 1, 1, 'key', now(), now() from paid`;

const STRIPE_KEY = `rk_test_${'b2'.repeat(12)}`;
const WEBHOOK_SECRET = `whsec_${'c3'.repeat(16)}`;
const user = encodeURIComponent('ann@example.com');

/**
 * One valid call of every changing operation, in an order in which each is accepted. A path's `:name` is the id of what
 * the call of that name made.
 *
 * @param prices at least nine, none of them mapped; about the last of these there is an issue
 */
export function auditedCalls(prices: readonly ReadPrice[]): AuditedCall[] {
  return [
    { operationId: 'createFeature', path: '/v1/features', body: { id: 'calls', name: 'Calls', type: 'CONSUMABLE' } },
    { operationId: 'updateFeature', path: '/v1/features/calls', body: { name: 'API calls' } },
    { operationId: 'createPackage', path: '/v1/packages', body: { id: 'gold', name: 'Gold', features: [{ featureId: 'calls', limit: 5, resetPeriod: 'MONTH' }] } },
    { operationId: 'updatePackage', path: '/v1/packages/gold', body: { name: 'Gold plan' } },
    { operationId: 'duplicatePackage', path: '/v1/packages/gold/duplicate', body: { id: 'copy' } },
    { operationId: 'deletePackage', path: '/v1/packages/copy' },
    { operationId: 'publishPackage', path: '/v1/packages/gold/publish' },
    { operationId: 'createUser', path: '/v1/users', body: { id: 'ann@example.com', name: 'Ann Example', email: 'ann@example.com' } },
    { operationId: 'editUser', path: `/v1/users/${user}`, body: { email: 'ann@example.org', metadata: { note: 'canary' } } },
    { operationId: 'subscribe', path: '/v1/subscriptions', body: { userId: 'ann@example.com', packageIds: ['gold'], billing: 'KANA' } },
    { operationId: 'changeSubscriptionQuantity', path: '/v1/subscriptions/:subscribe/change-quantity', body: { quantity: 2 } },
    { operationId: 'cancelSubscription', path: '/v1/subscriptions/:subscribe/cancel', body: { cancelAt: '2100-01-01T00:00:00.000Z' } },
    { operationId: 'resumeSubscription', path: '/v1/subscriptions/:subscribe/resume' },
    { operationId: 'connectStripe', path: '/v1/stripe/connections', body: { apiKey: STRIPE_KEY } },
    { operationId: 'changeStripeConnection', path: '/v1/stripe/connections/:connectStripe', body: { settings: { pastDueGraceDays: 1 } } },
    { operationId: 'checkStripeConnection', path: '/v1/stripe/connections/:connectStripe/check' },
    { operationId: 'rotateStripeKey', path: '/v1/stripe/connections/:connectStripe/rotate-key', body: { apiKey: STRIPE_KEY } },
    { operationId: 'giveStripeWebhookSecret', path: '/v1/stripe/connections/:connectStripe/webhook-secret', body: { secret: WEBHOOK_SECRET } },
    { operationId: 'rotateStripeWebhookSecret', path: '/v1/stripe/connections/:connectStripe/rotate-webhook-secret', body: { secret: WEBHOOK_SECRET } },
    ...priceCalls(prices),
    { operationId: 'ignoreSyncIssue', path: `/v1/sync/issues/${AUDITED_ISSUE}/ignore`, body: { reason: 'Settled by hand' } },
    { operationId: 'unignoreSyncIssue', path: `/v1/sync/issues/${AUDITED_ISSUE}/unignore` },
    { operationId: 'fixSyncIssue', path: `/v1/sync/issues/${AUDITED_ISSUE}/fixes/ignore-price`, body: { reason: 'Consulting' } },
    ...importCalls(),
    { operationId: 'retrySyncCommand', path: '/v1/sync/commands/cmd_audited/retry', given: FAILED_COMMAND },
    ...stripeCalls(prices),
    { operationId: 'replaySyncEvent', path: `/v1/sync/events/${AUDITED_EVENT}/replay` },
    { operationId: 'replaySyncEvents', path: '/v1/sync/events/replay', body: { result: 'WAITING' } },
    { operationId: 'startReconciliation', path: '/v1/sync/reconciliations', body: {}, given: `update import_run set status = 'COMPLETED'` },
    { operationId: 'approveReconciliation', path: '/v1/sync/reconciliations/:startReconciliation/approve', given: `update import_run set status = 'PAUSED' where kind = 'RECONCILIATION'` },
    { operationId: 'createApiKey', path: '/v1/api-keys', body: { name: 'Backend', scopes: ['write'] } },
    { operationId: 'rotateApiKey', path: '/v1/api-keys/:createApiKey/rotate', body: { overlapSeconds: 60 } },
    { operationId: 'revokeApiKey', path: '/v1/api-keys/:createApiKey' },
    { operationId: 'archivePackage', path: '/v1/packages/gold/archive' },
    { operationId: 'disconnectStripe', path: '/v1/stripe/connections/:connectStripe' },
  ];
}

/** Of the subscription that the failed command was about. */
function stripeCalls(prices: readonly ReadPrice[]): AuditedCall[] {
  const [gold, , , , , addon] = prices.map(({ id }) => id);
  const path = (action: string): string => `/v1/subscriptions/psub_audited/${action}`;
  const inCurrencyOf = (price = ''): string => `update stripe_subscription set currency = (select currency from stripe_price where id = '${price}') where id = 'sub_audited'`;
  const alone = `with ended as (update package_subscription set ended_at = now(), gives_access = false where source = 'KANA')`;
  const second = `
    with item as (
      insert into stripe_subscription_item (connection_id, id, subscription_id, price_id, product_id, quantity, created_at)
      select connection_id, 'si_second', subscription_id, price_id, product_id, 1, now() from stripe_subscription_item where id = 'si_audited')
    update package_subscription set stripe_item_id = 'si_audited' where id = 'psub_audited'`;
  return [
    { operationId: 'pauseCollection', path: path('pause'), body: { behavior: 'VOID' } },
    { operationId: 'unpauseCollection', path: path('unpause') },
    { operationId: 'changeSubscriptionPackage', path: path('change-package'), body: { packageId: 'gold', priceId: gold }, given: `${alone} ${inCurrencyOf(gold)}` },
    { operationId: 'addAddon', path: path('add-addon'), body: { packageId: 'addon-six', priceId: addon }, given: inCurrencyOf(addon) },
    { operationId: 'createSubscriptionLink', path: '/v1/subscription-links', body: { packageIds: ['gold'], priceIds: [gold], successUrl: 'https://app.example.com/welcome' } },
    { operationId: 'removeAddon', path: path('remove-addon'), body: {}, given: second },
  ];
}

function importCalls(): AuditedCall[] {
  return [
    { operationId: 'startImport', path: '/v1/stripe/imports', body: {} },
    { operationId: 'changeImport', path: '/v1/stripe/imports/:startImport', body: { requestSharePercent: 40 } },
    { operationId: 'pauseImport', path: '/v1/stripe/imports/:startImport/pause', given: `update import_run set status = 'RUNNING'` },
    { operationId: 'resumeImport', path: '/v1/stripe/imports/:startImport/resume' },
    { operationId: 'cancelImport', path: '/v1/stripe/imports/:startImport/cancel', given: `update import_run set status = 'PAUSED'` },
  ];
}

function priceCalls(prices: readonly ReadPrice[]): AuditedCall[] {
  const [one, two, three, four, five, six, seven] = prices.map(({ id }) => encodeURIComponent(id));
  const product = encodeURIComponent(prices[7]?.product.id ?? '');
  const addon = (id: string) => ({ packageId: `addon-${id}`, feature: { id: 'calls' }, limit: 1, resetPeriod: 'MONTH' });
  return [
    { operationId: 'mapStripePrice', path: `/v1/stripe/prices/${one}/mapping`, body: { packageId: 'gold' } },
    { operationId: 'mapStripePrices', path: '/v1/stripe/mappings', body: { mappings: [{ priceId: decodeURIComponent(two ?? ''), packageId: 'gold' }] } },
    { operationId: 'mapStripePriceOfConnection', path: `/v1/stripe/connections/:connectStripe/prices/${three}/mapping`, body: { packageId: 'gold' } },
    { operationId: 'ignoreStripePrice', path: `/v1/stripe/prices/${four}/ignore`, body: { reason: 'Consulting' } },
    { operationId: 'unignoreStripePrice', path: `/v1/stripe/prices/${four}/unignore` },
    { operationId: 'ignoreStripePriceOfConnection', path: `/v1/stripe/connections/:connectStripe/prices/${five}/ignore`, body: { reason: 'Consulting' } },
    { operationId: 'unignoreStripePriceOfConnection', path: `/v1/stripe/connections/:connectStripe/prices/${five}/unignore` },
    { operationId: 'generateAddonFromPrice', path: `/v1/stripe/prices/${six}/generate-addon`, body: addon('six') },
    { operationId: 'generateAddonFromPriceOfConnection', path: `/v1/stripe/connections/:connectStripe/prices/${seven}/generate-addon`, body: addon('seven') },
    { operationId: 'changeStripeProduct', path: `/v1/stripe/connections/:connectStripe/products/${product}`, body: { basePackageId: 'gold' } },
    { operationId: 'createMappingRule', path: '/v1/stripe/mapping-rules', body: { productId: decodeURIComponent(product), packageId: 'gold' } },
    { operationId: 'deleteMappingRule', path: '/v1/stripe/mapping-rules/:createMappingRule' },
    { operationId: 'createPackagePrice', path: '/v1/packages/gold/prices', body: { amount: 2000, currency: 'usd', interval: 'MONTH', productId: decodeURIComponent(product) } },
  ];
}
