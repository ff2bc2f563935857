import type Stripe from 'stripe';

import { MADE_STAMP } from '../client/readings.js';
import { callStripe, IMPATIENT, StripeCallError, timingOf } from '../client/stripe-call.js';
import { type ListPosition, pageOf, startingAfter } from '../client/stripe-page.js';
import { describeSession } from './make-object.js';
import type { CreatedObject, CreationRequest } from './write-request.js';

const PAGE_SIZE = 100;
/** How far back it is looked further than the call can lie: Stripe's servers need not agree on the second. */
const MARGIN_SECONDS = 60;
const MISSING = 'resource_missing';

interface Stamped {
  readonly id: string;
  readonly created: number;
  readonly metadata: Stripe.Metadata | null;
}

type ListOf<Found> = (position: ListPosition) => Promise<Stripe.Response<Stripe.ApiList<Found>>>;

/** By which command something was made, and when that was first sent. */
export interface Sought {
  readonly commandId: string;
  readonly sentSecondsAgo: number;
  /** Before each further page: an account may have many. @throws to end the search */
  readonly goOn: () => Promise<void>;
}

/** What is looked for, and how far back; null = all that the list has. */
interface Search<Found extends Stamped> extends Pick<Sought, 'commandId' | 'goOn'> {
  readonly list: ListOf<Found>;
  readonly seconds: number | null;
}

/**
 * Looks whether a creation whose answer was lost has taken place: what it makes bears the command. Lists are gone through from
 * their newest end, by Stripe's own clock, for as long ago as the call can have been.
 */
export class StripeFinder {
  constructor(
    private readonly stripe: Stripe,
    private readonly signal: AbortSignal,
  ) {}

  /**
   * @returns what was made; null = nothing was
   * @throws StripeCallError
   */
  async find(request: CreationRequest, { sentSecondsAgo, ...sought }: Sought): Promise<CreatedObject | null> {
    const seconds = Math.ceil(sentSecondsAgo) + MARGIN_SECONDS;
    switch (request.call) {
      case 'CREATE_SUBSCRIPTION': {
        // One customer has few, and under a test clock they carry its times.
        const list: ListOf<Stripe.Subscription> = (position) => this.stripe.subscriptions.list({ customer: request.customerId, status: 'all', limit: PAGE_SIZE, ...position });
        return found('SUBSCRIPTION', await unlessMissing(this.search({ ...sought, list, seconds: null })));
      }
      case 'CREATE_CUSTOMER': {
        const list: ListOf<Stripe.Customer> = (position) => this.stripe.customers.list({ limit: PAGE_SIZE, ...position });
        return found('CUSTOMER', await this.search({ ...sought, list, seconds }));
      }
      case 'CREATE_PRICE': {
        // A list has the active ones, or the others: somebody may have archived it meanwhile.
        const listOf = (active: boolean): ListOf<Stripe.Price> => (position) => this.stripe.prices.list({ active, limit: PAGE_SIZE, ...position });
        const active = await this.search({ ...sought, list: listOf(true), seconds });
        return found('PRICE', active ?? (await this.search({ ...sought, list: listOf(false), seconds })));
      }
      case 'CREATE_SESSION': {
        const list: ListOf<Stripe.Checkout.Session> = (position) => this.stripe.checkout.sessions.list({ limit: PAGE_SIZE, ...position });
        const session = await this.search({ ...sought, list, seconds });
        return session === null ? null : describeSession(session);
      }
    }
  }

  private async search<Found extends Stamped>({ list, commandId, goOn, seconds }: Search<Found>): Promise<Found | null> {
    let since = Number.NEGATIVE_INFINITY;
    for (let after: string | null = null; ; ) {
      const position: ListPosition = startingAfter(after);
      const page = await callStripe(() => list(position), { signal: this.signal, patience: IMPATIENT });
      if (after === null && seconds !== null) {
        since = Math.floor(Date.parse(timingOf(page.lastResponse.headers).date ?? '') / 1000) - seconds;
      }
      const match = page.data.find(({ metadata }) => metadata?.[MADE_STAMP] === commandId);
      const last = page.data.at(-1);
      if (match !== undefined || !pageOf(page).hasMore || last === undefined || last.created < since) {
        return match ?? null;
      }
      await goOn();
      after = last.id;
    }
  }
}

function found(type: 'SUBSCRIPTION' | 'CUSTOMER' | 'PRICE', object: { readonly id: string } | null): CreatedObject | null {
  return object === null ? null : { type, id: object.id };
}

/** Nothing was made for a customer that Stripe does not know. */
async function unlessMissing<Found>(search: Promise<Found | null>): Promise<Found | null> {
  try {
    return await search;
  } catch (error) {
    if (error instanceof StripeCallError && error.stripeCode === MISSING) {
      return null;
    }
    throw error;
  }
}
