import { CheckoutNotes } from '@app/customers';
import type { SubscriptionSnapshot } from '@app/stripe';

import { ENDED, type IssueSuite } from './issue-suite.js';
import { eventOf, startSettleSuite, T } from './settle-suite.js';
import { customerOf, subscriptionOf } from './snapshots.js';
import { must, ONLY } from './stripe-world.js';

/** What brings an issue about, what cures it, and what it is about. */
export interface IssueCase {
  readonly kind: string;
  readonly how: string;
  readonly subject: (suite: IssueSuite) => string;
  readonly open: (suite: IssueSuite) => Promise<unknown>;
  readonly cure: (suite: IssueSuite) => Promise<unknown>;
}

const PRICES: readonly IssueCase[] = [
  { kind: 'PRICE_UNMAPPED', how: 'mapped', subject: ({ price }) => price, open: (suite) => suite.carry(suite.mine([suite.price])), cure: ({ world, price }) => world.map({ [price]: 'team' }, ONLY) },
  { kind: 'PRICE_UNMAPPED', how: 'ended', subject: ({ price }) => price, open: (suite) => suite.carry(suite.mine([suite.price])), cure: (suite) => suite.carry(suite.mine([suite.price], ENDED)) },
  { kind: 'PRICE_UNMAPPED', how: 'ignored', subject: ({ price }) => price, open: (suite) => suite.carry(suite.mine([suite.price])), cure: ({ world, price }) => must(world.api.post(`/v1/stripe/connections/${ONLY}/prices/${price}/ignore`, { reason: 'Consulting' })) },
  {
    kind: 'PACKAGE_NOT_PUBLISHED',
    how: 'published',
    subject: ({ price }) => price,
    open: async (suite) => {
      await suite.world.draft(suite.own('draft'));
      await suite.world.map({ [suite.price]: suite.own('draft') }, ONLY);
      await suite.carry(suite.mine([suite.price]));
    },
    cure: (suite) => must(suite.world.api.post(`/v1/packages/${suite.own('draft')}/publish`)),
  },
  {
    kind: 'PACKAGE_ARCHIVED',
    how: 'ended',
    subject: () => 'old',
    open: async (suite) => {
      await must(suite.world.api.post('/v1/packages/old/archive'));
      await suite.carry(suite.mine(['price_old']));
    },
    cure: (suite) => suite.carry(suite.mine(['price_old'], ENDED)),
  },
];

const named = (suite: IssueSuite, userIdHint: string) => suite.carry({ ...suite.mine(['price_team']), customers: [customerOf(suite.cus, { userIdHint })] });

const CUSTOMERS: readonly IssueCase[] = [
  {
    kind: 'EMAIL_SHARED',
    how: 'named',
    subject: ({ cus }) => cus,
    open: async (suite) => {
      await suite.makeUser(suite.own('a'), { email: suite.email() });
      await suite.makeUser(suite.own('b'), { email: suite.email() });
      await suite.carry(suite.mine(['price_team']));
    },
    cure: (suite) => suite.patchUser(suite.own('a'), { billingId: suite.cus }),
  },
  {
    kind: 'USER_ID_TAKEN',
    how: 'named',
    subject: ({ cus }) => cus,
    open: async (suite) => {
      await suite.makeUser(suite.email(), { email: 'somebody.else@x.example' });
      await suite.carry(suite.mine(['price_team']));
    },
    cure: (suite) => suite.patchUser(suite.email(), { billingId: suite.cus }),
  },
  { kind: 'METADATA_USER_INVALID', how: 'corrected', subject: ({ cus }) => cus, open: (suite) => named(suite, ' bad '), cure: (suite) => named(suite, suite.own('good')) },
  {
    kind: 'EMAIL_MATCH_REVIEW',
    how: 'named',
    subject: ({ cus }) => cus,
    open: async (suite) => {
      await suite.makeUser(suite.own('a'), { email: suite.email() });
      await suite.carry({ ...suite.mine(['price_team']), emailMatch: 'REVIEW' });
    },
    cure: (suite) => suite.patchUser(suite.own('a'), { billingId: suite.cus }),
  },
  {
    kind: 'CHECKOUT_USER_DIFFERS',
    how: 'named',
    subject: ({ cus }) => cus,
    open: async (suite) => {
      await suite.makeUser(suite.own('a'), { email: suite.email() });
      await suite.makeUser(suite.own('b'), {});
      await suite.carry(suite.mine(['price_team']));
      const told = { customerId: suite.cus, sessionId: suite.own('cs'), reference: suite.own('b'), created: T };
      await suite.world.api.app.get(CheckoutNotes, { strict: false }).note(suite.world.em(), ONLY, [told]);
      await suite.carry(suite.mine(['price_team']));
    },
    cure: (suite) => suite.patchUser(suite.own('a'), { billingId: suite.cus }),
  },
  { kind: 'CUSTOMER_WITHOUT_EMAIL', how: 'corrected', subject: ({ cus }) => cus, open: (suite) => suite.carry(suite.withoutEmail()), cure: (suite) => suite.carry(suite.mine(['price_team'])) },
  {
    kind: 'CUSTOMER_WITHOUT_EMAIL',
    how: 'ended',
    subject: ({ cus }) => cus,
    open: (suite) => suite.carry(suite.withoutEmail()),
    cure: (suite) => suite.carry({ ...suite.mine(['price_team'], ENDED), customers: [customerOf(suite.cus, { email: null })] }),
  },
];

const base = (suite: IssueSuite) => suite.carry(suite.mine(['price_team']));

const USERS: readonly IssueCase[] = [
  { kind: 'SEVERAL_BASE_PACKAGES', how: 'ended', subject: (suite) => suite.email(), open: (suite) => suite.carry(suite.mine(['price_team', 'price_business'])), cure: base },
  { kind: 'ADDON_WITHOUT_BASE', how: 'sold', subject: (suite) => suite.email(), open: (suite) => suite.carry(suite.mine(['price_seats'])), cure: (suite) => suite.carry(suite.mine(['price_seats', 'price_team'])) },
  {
    kind: 'ADDON_NOT_FOR_BASE',
    how: 'swapped',
    subject: (suite) => suite.email(),
    open: (suite) => suite.carry(suite.mine(['price_support', 'price_team'])),
    cure: (suite) => suite.carry(suite.mine(['price_support', 'price_business'])),
  },
  {
    kind: 'CLAIM_UNVERIFIED',
    how: 'changed',
    subject: (suite) => suite.own('claimant'),
    open: async (suite) => {
      await base(suite);
      await suite.makeUser(suite.own('claimant'), { email: suite.email() });
    },
    cure: (suite) => suite.patchUser(suite.own('claimant'), { email: `other.${suite.email()}` }),
  },
];

async function die(suite: IssueSuite): Promise<void> {
  await startSettleSuite(suite.world).receive(eventOf(suite.own('evt_'), T, subscriptionOf(suite.sub, ['price_team'])));
  await suite.world.sql(`update sync_event set result = 'DEAD', next_attempt_at = null, settled_at = now() where id = $1`, [suite.own('evt_')]);
  await suite.refresh();
}

/** An event that shows nothing; Stripe's answer then does, or says that there is nothing. */
async function readAs(suite: IssueSuite, name: string, snapshot: SubscriptionSnapshot | null, at: number): Promise<void> {
  const settling = startSettleSuite(suite.world);
  await settling.receive(eventOf(suite.own(name), at, subscriptionOf(suite.sub, []), { body: null, servable: false }));
  await settling.answer(await settling.claim(), () => (snapshot === null ? null : { type: 'SUBSCRIPTION', snapshot, customer: null, newPrices: [], newProducts: [] }), at);
  await suite.refresh();
}

/** As a reconciliation does that would take access from more than it may. */
async function brake(suite: IssueSuite): Promise<void> {
  await suite.world.sql(
    `insert into import_run (id, connection_id, kind, status, requested_by, requested_at, fence, brake) values ($1, $2, 'RECONCILIATION', 'PAUSED', 'schedule', now(), 1, $3)`,
    [suite.own('rec_'), ONLY, JSON.stringify({ usersLosingAccess: 101, usersWithAccess: 500, goneSubscriptions: 0, liveSubscriptions: 500, unreadObjects: 0, limits: { percent: 5, users: 100 } })],
  );
  await suite.refresh();
}

/** A command of which only its end is of interest. */
async function command(suite: IssueSuite, name: string, state: 'APPLIED' | 'FAILED'): Promise<void> {
  await suite.world.sql(
    `insert into sync_command (id, connection_id, kind, ordering_key, asked, key_number, state, attempts, fence, asked_by, created_at, ended_at, error)
     values ($1, $2, 'RESUME', $3, '{}', 1, $4, 1, 1, 'key', now(), now(), '{"code": "card_declined"}')`,
    [suite.own(name), ONLY, `SUBSCRIPTION ${suite.sub}`, state],
  );
  await suite.refresh();
}

const OTHERS: readonly IssueCase[] = [
  { kind: 'COMMAND_FAILED', how: 'overtaken', subject: (suite) => suite.own('cmd_'), open: (suite) => command(suite, 'cmd_', 'FAILED'), cure: (suite) => command(suite, 'cmd_later_', 'APPLIED') },
  { kind: 'STATUS_UNKNOWN', how: 'known', subject: ({ sub }) => sub, open: (suite) => suite.carry(suite.mine(['price_team'], { status: 'on_hold' })), cure: base },
  {
    kind: 'GONE_IN_STRIPE',
    how: 'back',
    subject: ({ sub }) => sub,
    open: async (suite) => {
      await base(suite);
      await readAs(suite, 'evt_gone_', null, T);
    },
    cure: (suite) => readAs(suite, 'evt_back_', subscriptionOf(suite.sub, ['price_team']), T + 100),
  },
  {
    kind: 'DRIFT_TOO_LARGE',
    how: 'cancelled',
    subject: (suite) => suite.own('rec_'),
    open: brake,
    cure: async (suite) => {
      await suite.world.sql(`update import_run set status = 'CANCELLED', finished_at = now() where id = $1`, [suite.own('rec_')]);
      await suite.refresh();
    },
  },
  { kind: 'RECORD_REFUSED', how: 'not met again', subject: ({ sub }) => sub, open: (suite) => suite.runWith([suite.sub]), cure: (suite) => suite.runWith([]) },
  {
    kind: 'EVENT_DEAD',
    how: 'settled',
    subject: (suite) => suite.own('evt_'),
    open: die,
    cure: async (suite) => {
      await suite.world.sql(`update sync_event set result = 'STALE' where id = $1`, [suite.own('evt_')]);
      await suite.refresh();
    },
  },
];

/** Every kind of issue, some with several cures. */
export const ISSUE_CASES: readonly IssueCase[] = [...PRICES, ...CUSTOMERS, ...USERS, ...OTHERS];
