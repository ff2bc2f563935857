import { subscriptionScope } from '../store/store.js';
import { demandKnown } from './catalog-endpoints.js';
import { answerList, paging } from './endpoint.js';
import type { Asked, Endpoint } from './endpoint.js';
import { badRequest, missing } from './faults.js';
import { LIST_PARAMETERS } from './parameters.js';

const STATUSES = [
  'active', 'all', 'canceled', 'ended', 'incomplete', 'incomplete_expired', 'past_due', 'paused', 'trialing', 'unpaid',
] as const;

function listCustomers({ store, view, parameters, tree }: Asked): object {
  const clock = parameters.text('test_clock');
  const email = parameters.text('email');
  return answerList(
    store.customers,
    {
      ...paging(parameters),
      scope: clock === undefined ? 'plain' : `clock:${clock}`,
      filters: email === undefined ? [] : [`email:${email}`],
    },
    { url: '/v1/customers', noun: 'customer', render: (customer) => view.customer(customer, tree.get('data')) },
  );
}

function retrieveCustomer({ world, store, view, id, tree }: Asked): object {
  const seen = world.past.look('customer', id);
  if (seen === 'now' && store.isDeleted(id)) return view.deletedCustomer(id);
  const customer = seen === 'now' ? store.customers.get(id) : seen?.customer;
  if (!customer) throw missing('customer', id, 'id');
  return view.customer(customer, tree);
}

/** Without `status`, what is over stays out; test clocks' subscriptions show only with their clock or customer. */
function listSubscriptions({ store, view, parameters, tree }: Asked): object {
  const clock = parameters.text('test_clock');
  const customer = parameters.text('customer');
  const price = parameters.text('price') ?? parameters.text('plan');
  const collection = parameters.oneOf('collection_method', ['charge_automatically', 'send_invoice']);
  demandKnown(store.customers, 'customer', customer);
  demandKnown(store.prices, 'price', price);
  const seen = clock === undefined ? (customer === undefined ? 'plain' : 'any') : `clock:${clock}`;
  return answerList(
    store.subscriptions,
    {
      ...paging(parameters),
      scope: subscriptionScope(seen, parameters.oneOf('status', STATUSES) ?? 'live'),
      filters: [
        ...(customer === undefined ? [] : [`customer:${customer}`]),
        ...(price === undefined ? [] : [`price:${price}`]),
      ],
      keep: (one) => collection === undefined || one.collection_method === collection,
    },
    { url: '/v1/subscriptions', noun: 'subscription', render: (one) => view.subscription(one, tree.get('data')) },
  );
}

function retrieveSubscription({ world, store, view, id, tree }: Asked): object {
  const seen = world.past.look('subscription', id);
  const current = store.subscriptions.get(id);
  const state = seen === 'now' ? current && store.stateOf(current) : seen;
  if (!state) throw missing('subscription', id, 'id');
  return view.state(state, tree);
}

function listItems({ store, view, parameters, tree }: Asked): object {
  const subscription = parameters.text('subscription');
  if (subscription === undefined) {
    const message = 'Missing required param: subscription.';
    throw badRequest(message, { code: 'parameter_missing', param: 'subscription' });
  }
  demandKnown(store.subscriptions, 'subscription', subscription);
  return answerList(
    store.items,
    { ...paging(parameters), scope: `subscription:${subscription}` },
    { url: '/v1/subscription_items', noun: 'subscription_item', render: (item) => view.item(item, tree.get('data')) },
  );
}

function retrieveItem({ store, view, id, tree }: Asked): object {
  const item = store.items.get(id);
  if (!item) throw missing('subscription_item', id, 'id');
  return view.item(item, tree);
}

export const BILLING_ENDPOINTS: Endpoint[] = [
  {
    pattern: '/v1/customers',
    right: 'customers',
    answers: 'customer list',
    parameters: [...LIST_PARAMETERS, 'email', 'test_clock'],
    answer: listCustomers,
  },
  {
    pattern: '/v1/customers/:id',
    right: 'customers',
    answers: 'customer',
    parameters: ['expand'],
    answer: retrieveCustomer,
  },
  {
    pattern: '/v1/subscriptions',
    right: 'subscriptions',
    answers: 'subscription list',
    parameters: [...LIST_PARAMETERS, 'collection_method', 'customer', 'plan', 'price', 'status', 'test_clock'],
    notServed: ['automatic_tax', 'current_period_end', 'current_period_start', 'customer_account'],
    answer: listSubscriptions,
  },
  {
    pattern: '/v1/subscriptions/:id',
    right: 'subscriptions',
    answers: 'subscription',
    parameters: ['expand'],
    answer: retrieveSubscription,
  },
  {
    pattern: '/v1/subscription_items',
    right: 'subscriptions',
    answers: 'subscription_item list',
    // Alone among the lists, this one has no `created` filter.
    parameters: [...LIST_PARAMETERS.filter((name) => name !== 'created'), 'subscription'],
    answer: listItems,
  },
  {
    pattern: '/v1/subscription_items/:id',
    right: 'subscriptions',
    answers: 'subscription_item',
    parameters: ['expand'],
    answer: retrieveItem,
  },
];
