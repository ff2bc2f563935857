import type { EntityManager } from '@mikro-orm/postgresql';

import type { PriceApplier } from '@app/mapping';
import { type CustomerReading, StripeCallError, type StripeReader, type SubscriptionReading, UnreadableObjectError } from '@app/stripe';
import type { FoundObject, PendingReading, ReadingResult } from '@app/subscriptions';
import type { EventFailure } from '@app/sync';

import { fetchUnseen } from '../imports/fetch-unseen.js';

/** What a reading needs beside Stripe: which prices and products are known. */
export interface ReadingContext {
  readonly em: EntityManager;
  readonly connectionId: string;
  readonly prices: PriceApplier;
  readonly reader: StripeReader;
}

/** What a reading has found, with all that carrying it over needs. */
export interface Carriable {
  readonly found: FoundObject | null;
  readonly span: { readonly lo: number; readonly hi: number };
}

/** Asks Stripe for one object. What goes wrong is a result, too: it concerns this object alone. */
export async function readObject(context: ReadingContext, pending: PendingReading): Promise<ReadingResult> {
  return resultOf(pending, () => read(context, pending));
}

/** As `readObject`, of a reading of the caller's. */
export async function resultOf(pending: PendingReading, reading: () => Promise<Carriable>): Promise<ReadingResult> {
  try {
    const { found, span } = await reading();
    return { pending, found, bounds: { from: span.lo, to: span.hi } };
  } catch (error) {
    return { pending, failure: failureOf(error) };
  }
}

async function read(context: ReadingContext, { lease: { object } }: PendingReading): Promise<Carriable> {
  switch (object.type) {
    case 'SUBSCRIPTION':
      return carriable(context, await context.reader.subscription(object.id));
    case 'CUSTOMER':
      return customerFound(await context.reader.customer(object.id));
    case 'PRICE':
      return readPrice(context, object.id);
    case 'PRODUCT': {
      const { snapshot, span } = await context.reader.product(object.id);
      return { span, found: snapshot === null ? null : { type: 'PRODUCT', snapshot } };
    }
  }
}

/** Brings along the prices and products that Kana has never seen. */
export async function carriable({ em, connectionId, prices, reader }: ReadingContext, reading: SubscriptionReading): Promise<Carriable> {
  if (reading.snapshot === null) {
    return { span: reading.span, found: null };
  }
  const unseen = await fetchUnseen(em.fork(), prices, connectionId, reader, reading.prices);
  return { span: reading.span, found: { type: 'SUBSCRIPTION', snapshot: reading.snapshot, customer: reading.customer, ...unseen } };
}

export function customerFound({ snapshot, span }: CustomerReading): Carriable {
  return { span, found: snapshot === null ? null : { type: 'CUSTOMER', snapshot } };
}

/** With its product, where that was never seen: a price is shown with its product's name. */
async function readPrice({ em, connectionId, prices, reader }: ReadingContext, id: string): Promise<Carriable> {
  const { snapshot, span } = await reader.price(id);
  if (snapshot === null) {
    return { span, found: null };
  }
  const { newProducts } = await fetchUnseen(em.fork(), prices, connectionId, reader, [snapshot]);
  return { span, found: { type: 'PRICE', snapshot, product: newProducts[0] ?? null } };
}

/** What a later attempt may cure by itself says nothing about the object; a missing right or a wrong key is cured by a human. */
function failureOf(error: unknown): Pick<EventFailure, 'kind' | 'error'> {
  if (error instanceof StripeCallError) {
    const isRefusal = error.code === 'stripe_request_refused';
    return { kind: isRefusal ? 'BROKEN' : 'UNAVAILABLE', error: { code: error.code, detail: error.message, stripeRequestId: error.stripeRequestId } };
  }
  if (error instanceof UnreadableObjectError) {
    return { kind: 'BROKEN', error: { code: error.code, detail: error.message, stripeRequestId: null } };
  }
  throw error;
}
