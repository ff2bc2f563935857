import type { StoredRecord, StoredUser, StoredWorld } from './stored-world.js';

/** Everything that needs a human, as `KIND connection subject`, or `KIND subject` where it is about a user; written once for each. */
export function needsOf(world: StoredWorld, at: Date): string[] {
  return [...new Set([...needsOfSubscriptions(world), ...needsOfCustomers(world), ...needsOfEvents(world), ...needsOfCommands(world), ...needsOfUsers(world, at), ...claims(world), ...dropped(world)])];
}

const KNOWN = ['active', 'trialing', 'past_due', 'unpaid', 'canceled', 'incomplete', 'incomplete_expired', 'paused'];
const OVER = ['canceled', 'incomplete_expired'];
const OF_PRICES = ['PRICE_UNMAPPED', 'PACKAGE_NOT_PUBLISHED'];

type Subscription = StoredWorld['subscriptions'][number];

const isLive = ({ status }: Subscription): boolean => !OVER.includes(status);

type Item = StoredWorld['items'][number];

function itemsOf({ items }: StoredWorld): (subscription: Subscription) => readonly Item[] {
  const grouped = Map.groupBy(items, (item) => `${item.connection_id} ${item.subscription_id}`);
  return ({ connection_id: connection, id }) => grouped.get(`${connection} ${id}`) ?? [];
}

function needsOfSubscriptions(world: StoredWorld): string[] {
  const needs: string[] = [];
  const items = itemsOf(world);
  for (const subscription of world.subscriptions) {
    if (!KNOWN.includes(subscription.status)) {
      needs.push(`STATUS_UNKNOWN ${subscription.connection_id} ${subscription.id}`);
    }
    for (const item of isLive(subscription) ? items(subscription) : []) {
      if (item.parked_reason !== null && OF_PRICES.includes(item.parked_reason)) {
        needs.push(`${item.parked_reason} ${item.connection_id} ${item.price_id}`);
      }
    }
  }
  for (const { connection_id: connection, package_id: id, source, created_at: createdAt } of world.records) {
    const archivedAt = world.packages.find((each) => each.id === id && each.status === 'ARCHIVED')?.archived_at;
    if (archivedAt && source === 'STRIPE' && createdAt > archivedAt) {
      needs.push(`PACKAGE_ARCHIVED ${connection} ${id}`);
    }
  }
  return needs;
}

function needsOfCustomers(world: StoredWorld): string[] {
  const subscribed = Map.groupBy(world.subscriptions, (one) => `${one.connection_id} ${one.customer_id}`);
  const linked = new Map(world.links.map((one) => [`${one.connection_id} ${one.customer_id}`, one.user_key]));
  const users = new Map(world.users.map((user) => [user.key, user]));
  return world.customers.flatMap(({ connection_id: connection, id, conflict, deleted, email_normalized: email }) => {
    const subscriptions = subscribed.get(`${connection} ${id}`) ?? [];
    const user = users.get(linked.get(`${connection} ${id}`) ?? '');
    const isNameless = user?.id_source === 'STRIPE_CUSTOMER' && email === null && !deleted && subscriptions.some(isLive);
    return [
      ...(conflict !== null && subscriptions.length > 0 ? [`${conflict} ${connection} ${id}`] : []),
      ...(isNameless ? [`CUSTOMER_WITHOUT_EMAIL ${connection} ${id}`] : []),
    ];
  });
}

/** Of dead events of one object the oldest stands for all; a refused record counts until a complete run has not met it again. */
function needsOfEvents({ events, runs, refused, lost }: StoredWorld): string[] {
  const dead = events.filter((event) => !events.some((other) => isBefore(other, event)));
  const broken = refused.flatMap(({ run_id: runId, stripe_subscription_id: id, stored_at: storedAt }) => {
    const run = runs.find((one) => one.id === runId);
    const isOvertaken = runs.some((one) => one.connection_id === run?.connection_id && one.status === 'COMPLETED' && one.requested_at > run.requested_at);
    return run === undefined || isOvertaken || storedAt !== null ? [] : [`RECORD_REFUSED ${run.connection_id} ${id}`];
  });
  return [
    ...dead.map((event) => `EVENT_DEAD ${event.connection_id} ${event.id}`),
    ...broken,
    ...lost.filter((lane) => lane.object_type === 'SUBSCRIPTION').map((lane) => `GONE_IN_STRIPE ${lane.connection_id} ${lane.object_id}`),
    ...runs.filter(({ status, brake }) => status === 'PAUSED' && brake !== null).map((run) => `DRIFT_TOO_LARGE ${run.connection_id} ${run.id}`),
  ];
}

/** One that failed, until somebody tries it again or a later one of its kind goes through, about the same fields. */
function needsOfCommands({ commands }: StoredWorld): string[] {
  const failed = commands.filter(({ state }) => state === 'FAILED');
  const isCured = (one: (typeof failed)[number]): boolean =>
    commands.some((other) => other.retries === one.id || (other.state === 'APPLIED' && isOfSameKind(other, one) && BigInt(other.seq) > BigInt(one.seq)));
  return failed.filter((one) => !isCured(one)).map(({ connection_id: connection, id }) => `COMMAND_FAILED ${connection} ${id}`);
}

type Stored = StoredWorld['commands'][number];

/**
 * Prices of one package are of different kinds where they differ in currency or in how often they are paid, and so are edits of a user
 * where `one` is not about all fields that the other one is about.
 */
function isOfSameKind(one: Stored, other: Stored): boolean {
  const terms = ['currency', 'interval', 'intervalCount'];
  const isSamePrice = one.kind !== 'CREATE_PRICE' || terms.every((term) => one.asked[term] === other.asked[term]);
  return one.connection_id === other.connection_id && one.kind === other.kind && one.ordering_key === other.ordering_key && isSamePrice && fieldsOf(other).every((field) => fieldsOf(one).includes(field));
}

function fieldsOf({ asked: { fields } }: Stored): unknown[] {
  return Array.isArray(fields) ? fields : [];
}

type Dead = StoredWorld['events'][number];

function isBefore(one: Dead, other: Dead): boolean {
  const isSameObject = one.connection_id === other.connection_id && one.object_type === other.object_type && one.object_id === other.object_id;
  const [at, otherAt] = [one.received_at.getTime(), other.received_at.getTime()];
  return isSameObject && (at < otherAt || (at === otherAt && one.id < other.id));
}

function needsOfUsers(world: StoredWorld, at: Date): string[] {
  const giving = world.records.filter(({ gives_access: givesAccess, access_until: until }) => givesAccess && (until === null || until > at));
  const byUser = Map.groupBy(giving, (record) => record.user_key);
  return [...byUser].flatMap(([userKey, records]) => (records.some(({ connection_id: connection }) => connection !== null) ? needsOfUser(world, userKey, records) : []));
}

function needsOfUser({ packages }: StoredWorld, userKey: string, records: readonly StoredRecord[]): string[] {
  const held = records.flatMap((record) => packages.find(({ id }) => id === record.package_id) ?? []);
  const bases = held.filter((each) => !each.is_addon).map(({ id }) => id);
  const needy = held.filter((each) => each.is_addon && each.requires_base);
  const isMisplaced = needy.some(({ base_package_ids: ids }) => ids.length > 0 && !ids.some((id) => bases.includes(id)));
  return [
    ...(new Set(bases).size > 1 ? [`SEVERAL_BASE_PACKAGES ${userKey}`] : []),
    ...(needy.length > 0 && bases.length === 0 ? [`ADDON_WITHOUT_BASE ${userKey}`] : []),
    ...(bases.length > 0 && isMisplaced ? [`ADDON_NOT_FOR_BASE ${userKey}`] : []),
  ];
}

/** Rule U10: a user of the company's with the email of one that was made for it, and whose customers are not in doubt themselves. */
function claims({ users, names, links, customers }: StoredWorld): string[] {
  const linked = Map.groupBy(links, (link) => link.user_key);
  const doubted = new Set(customers.filter(({ conflict }) => conflict !== null).map((each) => `${each.connection_id} ${each.id}`));
  const ids = new Map(names.map((each) => [each.user_key, each.name.trim().normalize('NFC').toLowerCase()]));
  const owners = users.filter((user) => {
    const own = linked.get(user.key) ?? [];
    return isMade(user) && ids.get(user.key) === user.email_normalized && own.length > 0 && !own.some((link) => doubted.has(`${link.connection_id} ${link.customer_id}`));
  });
  const emails = new Set(owners.map((owner) => owner.email_normalized));
  const claimants = users.filter((user) => user.id_source === 'PROVIDED' && user.email_source === 'COMPANY' && user.email_normalized !== null && !user.email_verified);
  return claimants.filter((user) => emails.has(user.email_normalized)).map((user) => `CLAIM_UNVERIFIED ${user.key}`);
}

function isMade(user: StoredUser): boolean {
  const sources = [user.name_source, user.email_source, user.billing_id_source];
  return user.id_source !== 'PROVIDED' && !sources.includes('COMPANY') && Object.keys(user.metadata).length === 0;
}

/** What became nothing and is waited for by nobody; such a thing has no kind of issue, and must not be. */
function dropped(world: StoredWorld): string[] {
  const open = new Set(world.records.map((record) => `${record.connection_id} ${record.stripe_item_id}`));
  const items = itemsOf(world);
  return world.subscriptions.filter(isLive).flatMap((subscription) =>
    items(subscription).flatMap((item) => {
      const reason = item.parked_reason;
      const mapping = world.mappings.find((each) => each.connection_id === item.connection_id && each.price_id === item.price_id);
      const status = world.packages.find(({ id }) => id === mapping?.package_id)?.status;
      const isReady = reason === 'PRICE_UNMAPPED' ? status !== undefined : reason === 'PACKAGE_NOT_PUBLISHED' && status !== 'DRAFT';
      const isLost = reason === null && !open.has(`${item.connection_id} ${item.id}`);
      return isLost || isReady ? [`DROPPED ${item.connection_id} ${item.id}`] : [];
    }),
  );
}
