import type { SubscriptionSnapshot } from '@app/stripe';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { itemOf, priceOf, subscriptionOf } from '../support/snapshots.js';
import { must, ONLY, startStripeWorld, type StripeWorld } from '../support/stripe-world.js';

const USER = 'walker@x.example';
const PERIOD = { currentPeriodStart: '2026-03-01T00:00:00.000Z', currentPeriodEnd: '2026-04-01T00:00:00.000Z' };
const YEAR = { currentPeriodStart: '2026-03-05T00:00:00.000Z', currentPeriodEnd: '2027-03-05T00:00:00.000Z' };
const later = (day: number): string => `2026-04-${String(day).padStart(2, '0')}T00:00:00.000Z`;

/** What Stripe shows at a step: the items by name, with price and quantity; what else is said differs from an active subscription. */
interface Step {
  what: string;
  items: Record<string, [price: string, quantity: number | null, period?: typeof PERIOD]>;
  says?: Partial<SubscriptionSnapshot>;
  /** The base package that the connection names from now on. */
  base?: string | null;
  /** Each open record, as `item package status quantity`. */
  open: string[];
  /** What of it gives access: quantity by package. */
  has: Record<string, number>;
  parked?: Record<string, string>;
}

const TEAM = { main: ['team_month', 1, PERIOD] } as const satisfies Step['items'];
const BOTH = { main: ['team_year', 3, YEAR], extra: ['support_month', 1, PERIOD] } as const satisfies Step['items'];
const BUSINESS = { main: ['business_month', 1, PERIOD], extra: ['support_month', 1, PERIOD] } as const satisfies Step['items'];
const BACK = { main: ['team_month', 2, PERIOD], extra: ['support_month', 1, YEAR] } as const satisfies Step['items'];

const WALK: Step[] = [
  { what: 'is made, and not yet paid', items: { ...TEAM }, says: { status: 'incomplete' }, open: ['main team INCOMPLETE 1'], has: {} },
  { what: 'is on trial', items: { ...TEAM }, says: { status: 'trialing', trialEnd: later(1) }, open: ['main team TRIALING 1'], has: { team: 1 } },
  { what: 'is paid', items: { ...TEAM }, says: { trialEnd: later(1) }, open: ['main team ACTIVE 1'], has: { team: 1 } },
  { what: 'has three seats', items: { main: ['team_month', 3, PERIOD] }, open: ['main team ACTIVE 3'], has: { team: 3 } },
  { what: 'is paid by the year', items: { main: ['team_year', 3, YEAR] }, open: ['main team ACTIVE 3'], has: { team: 3 } },
  { what: 'has an add-on', items: { ...BOTH }, open: ['extra support ACTIVE 1', 'main team ACTIVE 3'], has: { team: 3, support: 1 } },
  { what: 'has a second item of the package', items: { ...BOTH, more: ['team_month', 2, PERIOD] }, open: ['extra support ACTIVE 1', 'main team ACTIVE 3', 'more team ACTIVE 2'], has: { team: 5, support: 1 } },
  { what: 'has lost it', items: { ...BOTH }, open: ['extra support ACTIVE 1', 'main team ACTIVE 3'], has: { team: 3, support: 1 } },
  { what: 'collects no payments', items: { ...BOTH }, says: { pauseBehavior: 'void', pauseResumesAt: later(9) }, open: ['extra support ACTIVE 1', 'main team ACTIVE 3'], has: { team: 3, support: 1 } },
  { what: 'collects them again', items: { ...BOTH }, open: ['extra support ACTIVE 1', 'main team ACTIVE 3'], has: { team: 3, support: 1 } },
  { what: 'is for another package', items: { ...BUSINESS }, open: ['extra support ACTIVE 1', 'main business ACTIVE 1'], has: { business: 1, support: 1 } },
  { what: 'has no seats', items: { ...BUSINESS, main: ['business_month', 0, PERIOD] }, open: ['extra support ACTIVE 1', 'main business ACTIVE 0'], has: { support: 1 } },
  { what: 'is metered', items: { ...BUSINESS, main: ['business_month', null, PERIOD] }, open: ['extra support ACTIVE 1', 'main business ACTIVE –'], has: { business: 1, support: 1 } },
  { what: 'has a price that nobody has mapped', items: { ...BUSINESS, main: ['new_month', 1, PERIOD] }, open: ['extra support ACTIVE 1'], has: { support: 1 }, parked: { main: 'PRICE_UNMAPPED' } },
  { what: 'has a price that is mapped to a draft', items: { ...BUSINESS, main: ['sketch_month', 1, PERIOD] }, open: ['extra support ACTIVE 1'], has: { support: 1 }, parked: { main: 'PACKAGE_NOT_PUBLISHED' } },
  { what: 'is back at the first package', items: { ...BACK }, open: ['extra support ACTIVE 1', 'main team ACTIVE 2'], has: { team: 2, support: 1 } },
  { what: 'is not paid in time', items: { ...BACK }, says: { status: 'past_due' }, open: ['extra support PAST_DUE 1', 'main team PAST_DUE 2'], has: {} },
  { what: 'is paid for after all', items: { ...BACK }, open: ['extra support ACTIVE 1', 'main team ACTIVE 2'], has: { team: 2, support: 1 } },
  { what: 'is in a state that nobody knows', items: { ...BACK }, says: { status: 'on_hold' }, open: ['extra support UNKNOWN 1', 'main team UNKNOWN 2'], has: {} },
  { what: 'will end with its period', items: { ...BACK }, says: { cancelAtPeriodEnd: true, cancelAt: PERIOD.currentPeriodEnd }, open: ['extra support ACTIVE 1', 'main team ACTIVE 2'], has: { team: 2, support: 1 } },
  { what: 'will go on', items: { ...BACK }, open: ['extra support ACTIVE 1', 'main team ACTIVE 2'], has: { team: 2, support: 1 } },
  { what: 'stands as a whole for a base package', items: { ...BACK }, base: 'platform', open: ['- platform ACTIVE –', 'extra support ACTIVE 1', 'main team ACTIVE 2'], has: { platform: 1, team: 2, support: 1 } },
  { what: 'stands for another', items: { ...BACK }, base: 'ground', open: ['- ground ACTIVE –', 'extra support ACTIVE 1', 'main team ACTIVE 2'], has: { ground: 1, team: 2, support: 1 } },
  { what: 'has lost its add-on', items: { main: ['team_month', 2, PERIOD] }, open: ['- ground ACTIVE –', 'main team ACTIVE 2'], has: { ground: 1, team: 2 } },
  { what: 'is paused', items: { main: ['team_month', 2, PERIOD] }, says: { status: 'paused' }, open: ['- ground PAUSED –', 'main team PAUSED 2'], has: {} },
  { what: 'is resumed, and stands for itself again', items: { main: ['team_month', 2, PERIOD] }, base: null, open: ['main team ACTIVE 2'], has: { team: 2 } },
  { what: 'is cancelled', items: { main: ['team_month', 2, PERIOD] }, says: { status: 'canceled', canceledAt: later(20), endedAt: later(20) }, open: [], has: {} },
  { what: 'stays cancelled, whatever its item says', items: { main: ['business_month', 9, PERIOD] }, says: { status: 'canceled', canceledAt: later(20), endedAt: later(20) }, open: [], has: {} },
];

function snapshotOf({ items, says }: Step): SubscriptionSnapshot {
  return subscriptionOf('sub_walker', [], {
    items: Object.entries(items).map(([name, [price, quantity, period]]) => itemOf(`si_${name}`, price, { quantity, ...period })),
    ...says,
  });
}

let world: StripeWorld;
beforeAll(async () => {
  world = await startStripeWorld();
  await world.connect(ONLY);
  await world.prices(['team_month', 'team_year', 'business_month', 'support_month', 'sketch_month', 'new_month'].map((id) => priceOf(id)));
  await must(world.api.post('/v1/features', { id: 'projects', name: 'Projects', type: 'CONSUMABLE' }));
  await world.publish('team', { features: [{ featureId: 'of team' }, { featureId: 'projects', limit: 10, scalesWithQuantity: true }] });
  await world.publish('business', { features: [{ featureId: 'of business' }, { featureId: 'projects', limit: null }] });
  await world.publish('support', { isAddon: true });
  await world.publish('platform');
  await world.publish('ground');
  await world.draft('sketch');
  await world.map({ team_month: 'team', team_year: 'team', business_month: 'business', support_month: 'support', sketch_month: 'sketch' });
});
afterAll(() => world.close());

interface Row {
  id: string;
  name: string;
  package_id: string;
  status: string;
  quantity: string | null;
  gives_access: boolean;
  continues: string | null;
  anchor: string;
  began: string;
  ended: string | null;
}
const text = (column: string): string => `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

async function records(): Promise<Row[]> {
  return world.sql<Row>(
    `select id, coalesce(substr(stripe_item_id, 4), '-') as name, package_id, status, quantity, gives_access, continues,
            ${text('usage_anchor')} as anchor, ${text('started_at')} as began, ${text('ended_at')} as ended
       from package_subscription where stripe_subscription_id = 'sub_walker' order by name, created_at, id`,
  );
}
const shown = ({ name, package_id: packageId, status, quantity }: Row): string => `${name} ${packageId} ${status} ${quantity ?? '–'}`;

async function items(): Promise<{ stored: unknown; parked: Record<string, string> }> {
  const rows = await world.sql<{ name: string; price_id: string; quantity: string | null; parked_reason: string | null }>(
    `select substr(id, 4) as name, price_id, quantity, parked_reason from stripe_subscription_item where subscription_id = 'sub_walker' order by id`,
  );
  return {
    stored: rows.map((row) => [row.name, row.price_id, row.quantity === null ? null : Number(row.quantity)]),
    parked: Object.fromEntries(rows.flatMap((row) => (row.parked_reason === null ? [] : [[row.name, row.parked_reason]]))),
  };
}

interface Facts {
  packageId: string;
  status: string;
  quantity: number | null;
}

/** Replays all entitlement changes: each must begin where the one before it ended. Gives who holds what in the end. */
async function replayed(): Promise<Map<string, Facts>> {
  const changes = await world.sql<{ id: string; before: Facts | null; after: Facts | null }>(
    `select package_subscription_id as id, before, after from entitlement_change order by entitlement_change.id`,
  );
  const held = new Map<string, Facts>();
  for (const { id, before, after } of changes) {
    expect(before).toEqual(held.get(id) ?? null);
    expect(after).not.toEqual(before);
    held.delete(id);
    if (after !== null) {
      held.set(id, after);
    }
  }
  return held;
}

/** What the packages that somebody has amount to, counted on one's fingers. */
function entitlementsOf(has: Record<string, number>): Record<string, boolean | number | null> {
  const projects = has['business'] === undefined ? (has['team'] ?? 0) * 10 : null;
  return {
    projects: projects === 0 ? false : projects,
    ...Object.fromEntries(['team', 'business', 'support', 'platform', 'ground', 'sketch'].map((id) => [`of ${id}`, has[id] !== undefined])),
  };
}

async function entitlements(): Promise<Record<string, unknown>> {
  const answers: Record<string, unknown> = {};
  for (const featureId of Object.keys(entitlementsOf({}))) {
    const path = `/v1/users/${encodeURIComponent(USER)}/entitlements/${encodeURIComponent(featureId)}`;
    const { access, consumption } = await must(world.api.get<{ access: boolean; consumption: { budget: number | null } | null }>(path));
    answers[featureId] = access && consumption !== null ? consumption.budget : access;
  }
  return answers;
}

const TABLES = ['stripe_subscription', 'stripe_subscription_item', 'package_subscription', 'entitlement_change', 'customer_link', 'kana_user'];
const versions = async (): Promise<string> =>
  JSON.stringify(await Promise.all(TABLES.map((table) => world.sql(`select t.xmin::text, t.* from ${table} t order by t::text`))));

describe('one Stripe subscription, change by change', () => {
  const history: Row[] = [];

  it.each(WALK.map((step, index) => ({ ...step, number: index + 1 })))('$number: $what', async ({ number, ...step }) => {
    world.api.clock.set(new Date(Date.UTC(2026, 3, 1, number)));
    if (step.base !== undefined) {
      await must(world.api.patch(`/v1/stripe/connections/${ONLY}`, { settings: { basePackageId: step.base } }));
    }
    const subscription = snapshotOf(step);
    await world.apply({ subscriptions: [subscription] });

    const rows = await records();
    expect(rows.filter(({ ended }) => ended === null).map(shown)).toEqual(step.open);
    expect(await items()).toEqual({ stored: subscription.items.map(({ id, priceId, quantity }) => [id.slice(3), priceId, quantity]).toSorted(byText), parked: step.parked ?? {} });
    const giving = rows.filter((row) => row.gives_access);
    const quantities = Object.entries(step.has).map(([id]) => [id, giving.filter((row) => row.package_id === id).reduce((sum, { quantity }) => sum + Number(quantity ?? 1), 0)]);
    expect(Object.fromEntries(quantities)).toEqual(step.has);
    const held = await replayed();
    expect([...held.keys()].toSorted(byText)).toEqual(giving.map(({ id }) => id).toSorted(byText));
    expect([...held].map(([id, { packageId, status, quantity }]) => [id, packageId, status, quantity]).toSorted(byText))
      .toEqual(giving.map((row) => [row.id, row.package_id, row.status, row.quantity === null ? null : Number(row.quantity)]).toSorted(byText));
    expect(await entitlements()).toEqual(entitlementsOf(step.has));

    const before = await versions();
    await world.apply({ subscriptions: [{ ...subscription, items: subscription.items.toReversed() }] });
    expect(await versions()).toBe(before);
    expect(history.filter(({ id, ended }) => ended !== null && JSON.stringify(rows.find((row) => row.id === id)) !== JSON.stringify(history.find((row) => row.id === id)))).toEqual([]);
    history.splice(0, history.length, ...rows);
  });

  it('leaves its whole history: each item’s records in a row, with the anchor of the first and no gap that Stripe did not make', () => {
    const chain = (name: string) => history.filter((row) => row.name === name);
    expect(chain('main').map(({ package_id: id, status }) => `${id} ${status}`)).toEqual(['team CANCELLED', 'business CANCELLED', 'team CANCELLED']);
    expect(chain('main').map(({ continues }) => continues)).toEqual([null, ...chain('main').slice(0, 2).map(({ id }) => id)]);
    expect(new Set(chain('main').map(({ anchor }) => anchor))).toEqual(new Set(['2026-01-31T10:00:00.000Z']));
    expect(chain('main')[1]?.began).toBe(chain('main')[0]?.ended);
    expect(chain('main')[2]?.ended).toBe(later(20));
    expect(chain('-').map(({ package_id: id }) => id)).toEqual(['platform', 'ground']);
    expect(chain('-')[1]?.continues).toBe(chain('-')[0]?.id);
    expect([chain('extra'), chain('more')].map((rows) => rows.length)).toEqual([1, 1]);
  });
});

function byText(one: unknown, other: unknown): number {
  return JSON.stringify(one) < JSON.stringify(other) ? -1 : 1;
}
