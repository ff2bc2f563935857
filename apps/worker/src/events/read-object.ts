import type { EntityManager } from '@mikro-orm/postgresql';

import type { PriceApplier } from '@app/mapping';
import { StripeCallError, type StripeReader, UnreadableObjectError } from '@app/stripe';
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

interface Reading {
  readonly found: FoundObject | null;
  readonly span: { readonly lo: number; readonly hi: number };
}

/** Asks Stripe for one object. What goes wrong is a result, too: it concerns this object alone. */
export async function readObject(context: ReadingContext, pending: PendingReading): Promise<ReadingResult> {
  try {
    const { found, span } = await read(context, pending);
    return { pending, found, bounds: { from: span.lo, to: span.hi } };
  } catch (error) {
    return { pending, failure: failureOf(error) };
  }
}

async function read(context: ReadingContext, { lease: { object } }: PendingReading): Promise<Reading> {
  switch (object.type) {
    case 'SUBSCRIPTION':
      return readSubscription(context, object.id);
    case 'CUSTOMER': {
      const { snapshot, span } = await context.reader.customer(object.id);
      return { span, found: snapshot === null ? null : { type: 'CUSTOMER', snapshot } };
    }
    case 'PRICE':
      return readPrice(context, object.id);
    case 'PRODUCT': {
      const { snapshot, span } = await context.reader.product(object.id);
      return { span, found: snapshot === null ? null : { type: 'PRODUCT', snapshot } };
    }
  }
}

async function readSubscription({ em, connectionId, prices, reader }: ReadingContext, id: string): Promise<Reading> {
  const reading = await reader.subscription(id);
  if (reading.snapshot === null) {
    return { span: reading.span, found: null };
  }
  const unseen = await fetchUnseen(em.fork(), prices, connectionId, reader, reading.prices);
  return { span: reading.span, found: { type: 'SUBSCRIPTION', snapshot: reading.snapshot, customer: reading.customer, ...unseen } };
}

/** With its product, where that was never seen: a price is shown with its product's name. */
async function readPrice({ em, connectionId, prices, reader }: ReadingContext, id: string): Promise<Reading> {
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
