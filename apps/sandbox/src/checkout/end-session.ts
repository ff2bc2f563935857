import { badRequest, missing } from '../http/faults.js';
import { BY_ITSELF } from '../events/event-record.js';
import { completedSession } from '../objects/checkout-session.js';
import type { WireSession } from '../objects/checkout-session.js';
import type { WireCustomer } from '../objects/customer.js';
import { Act } from '../write/act.js';
import type { Shown, World } from '../write/act.js';
import { createCustomerAs, email as emailReader, saveCustomer } from '../write/customers.js';
import { makeSubscription } from '../write/create-subscription.js';
import { demand, given } from '../write/demands.js';
import { declined } from '../write/payments.js';
import type { StoredSession } from './sessions.js';
import { hasTrial, showSession } from './show-session.js';

/** What somebody types on the session's page. */
export interface Payer {
  email?: string;
  name?: string;
}

export function expireSession(act: Act, _input: object, id: string): Shown {
  const stored = openSession(act.world, id, (status) => {
    const message = `Only Checkout Sessions with a status in ["open"] can be expired. This Checkout Session has a status of \`${status}\`.`;
    return badRequest(message);
  });
  endSession(act, stored, { ...stored.session, status: 'expired', url: null }, 'checkout.session.expired');
  return showSession(act.world, id);
}

/** Somebody has paid: customer and subscription come to be, and then the session is told as completed. */
export function completeSession(world: World, id: string, payer: Payer): void {
  const stored = payable(world, id);
  if (payer.email !== undefined) emailReader(payer.email, 'email');
  const act = new Act(world, BY_ITSELF);
  demandSellable(act, stored);
  const customer = customerOf(act, stored, payer);
  const subscription = makeSubscription(act, {
    ...stored.subscriptionData,
    ...given({ currency: stored.session.currency ?? undefined }),
    customer: customer.id,
    default_payment_method: act.newId('pm_1'),
    items: stored.lines.map(({ price, quantity }) => ({ price, ...given({ quantity }) })),
  });
  const session = completedSession(stored.session, {
    customer,
    name: payer.name ?? customer.name,
    subscription: subscription.id,
    invoice: subscription.latest_invoice,
    isPaid: !hasTrial(stored.subscriptionData),
  });
  endSession(act, stored, session, 'checkout.session.completed');
}

/** The card was declined: the payer is told so, and may try again. */
export function declineSession(world: World, id: string): Error {
  payable(world, id);
  return declined();
}

/** Lets expire what is due by this second. */
export function expireDue(world: World, by: number): void {
  for (let due = world.checkouts.takeDue(by); due; due = world.checkouts.takeDue(by)) {
    expireSession(new Act(world, BY_ITSELF), {}, due.id);
  }
}

function endSession(act: Act, stored: StoredSession, session: WireSession, type: string): void {
  act.world.checkouts.replace(stored, session);
  act.record(type, { kind: 'other', object: { ...session } });
}

function payable(world: World, id: string): StoredSession {
  return openSession(world, id, (status) => badRequest(`This Checkout Session is no longer open: its status is \`${status}\`.`));
}

function openSession({ checkouts }: World, id: string, refusal: (status: string) => Error): StoredSession {
  const stored = checkouts.get(id);
  if (!stored) throw missing('checkout.session', id, 'id');
  if (stored.session.status === 'open') return stored;
  throw refusal(String(stored.session.status));
}

/** Before anything is made: nothing may be left of a session that cannot be completed. */
function demandSellable({ store }: Act, { lines }: StoredSession): void {
  const gone = lines.find(({ price }) => !store.prices.get(price)?.active);
  if (gone) throw badRequest(`The price \`${gone.price}\` is not active any more.`);
}

/** The one that was given; it learns an email that it has not, and a name where the session says so. Else a new one. */
function customerOf(act: Act, { session, renamesCustomer }: StoredSession, { email, name }: Payer): WireCustomer {
  if (session.customer === null) {
    const address = demand(session.customer_email ?? email, 'email');
    return createCustomerAs(act, { email: address, ...given({ name }) });
  }
  const known = act.customer(session.customer, 'customer');
  return saveCustomer(act, known, (before) => ({
    ...before,
    email: before.email ?? demand(email, 'email'),
    ...(renamesCustomer ? given({ name }) : {}),
  }));
}
