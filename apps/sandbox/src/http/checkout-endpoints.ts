import { renderLine, renderSession } from '../checkout/show-session.js';
import type { SoldLine, StoredSession } from '../checkout/sessions.js';
import type { Listed } from '../store/ordered.js';
import { Collection } from '../store/collection.js';
import { demandKnown } from './catalog-endpoints.js';
import { answerList, paging } from './endpoint.js';
import type { Asked, Endpoint } from './endpoint.js';
import { missing } from './faults.js';
import { LIST_PARAMETERS } from './parameters.js';

const STATUSES = ['complete', 'expired', 'open'] as const;
const DETAILS = new Set(['email']);

function listSessions({ world, store, parameters, tree }: Asked): object {
  const customer = parameters.text('customer');
  const subscription = parameters.text('subscription');
  const status = parameters.oneOf('status', STATUSES);
  const email = parameters.parts('customer_details', DETAILS).get('email');
  demandKnown(store.customers, 'customer', customer);
  demandKnown(store.subscriptions, 'subscription', subscription);
  return answerList(
    world.checkouts.sessions,
    {
      ...paging(parameters),
      scope: 'all',
      filters: [
        ...(customer === undefined ? [] : [`customer:${customer}`]),
        ...(subscription === undefined ? [] : [`subscription:${subscription}`]),
        ...(status === undefined ? [] : [`status:${status}`]),
      ],
      keep: ({ session }) => email === undefined || session.customer_details?.email === email,
    },
    {
      url: '/v1/checkout/sessions',
      noun: 'checkout.session',
      render: (stored) => renderSession(world, stored, tree.get('data')),
    },
  );
}

function retrieveSession(asked: Asked): object {
  return renderSession(asked.world, knownSession(asked), asked.tree);
}

type Placed = Listed & { line: SoldLine };

/** In the order in which they are sold: the first one is the newest of the list. */
function listLines(asked: Asked): object {
  const { world, parameters, tree } = asked;
  const stored = knownSession(asked);
  const placed = stored.lines.map((line): Placed => ({ id: line.id, created: stored.created, line })).toReversed();
  const lines = new Collection<Placed>(() => ['all'], placed);
  const { limit, cursor } = paging(parameters);
  return answerList(
    lines,
    { limit, cursor, created: { from: -Infinity, to: Infinity }, scope: 'all' },
    {
      url: `/v1/checkout/sessions/${stored.id}/line_items`,
      noun: 'line_item',
      render: ({ line }) => renderLine(world, stored, line, tree.get('data')),
    },
  );
}

function knownSession({ world, id }: Asked): StoredSession {
  const stored = world.checkouts.get(id);
  if (!stored) throw missing('checkout.session', id, 'id');
  return stored;
}

export const CHECKOUT_ENDPOINTS: Endpoint[] = [
  {
    pattern: '/v1/checkout/sessions',
    right: 'checkout_sessions',
    answers: 'checkout_session list',
    parameters: [...LIST_PARAMETERS, 'customer', 'customer_details', 'status', 'subscription'],
    notServed: ['customer_account', 'payment_intent', 'payment_link'],
    answer: listSessions,
  },
  {
    pattern: '/v1/checkout/sessions/:id',
    right: 'checkout_sessions',
    answers: 'checkout_session',
    parameters: ['expand'],
    answer: retrieveSession,
  },
  {
    pattern: '/v1/checkout/sessions/:id/line_items',
    right: 'checkout_sessions',
    answers: 'line_item list',
    parameters: LIST_PARAMETERS.filter((name) => name !== 'created'),
    answer: listLines,
  },
];
