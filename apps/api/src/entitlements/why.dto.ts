import { RESET_PERIODS } from '@app/catalog';
import { type EntitlementWhy, SUBSCRIPTION_SOURCES, SUBSCRIPTION_STATUSES, WHY_CODES, type WhyStripe, type WhySubscription } from '@app/subscriptions';
import { z } from 'zod';

import { isoTime } from '../http/schemas.js';

const whyPrice = z
  .object({ id: z.string(), nickname: z.string().nullable(), productId: z.string().nullable(), productName: z.string().nullable() })
  .meta({ id: 'WhyPrice' });

const matched = { id: z.string(), matchedBy: z.string().meta({ description: 'How the customer was matched to the user.' }), matchedAt: isoTime };

const whyStripe = z
  .object({
    connectionId: z.string(),
    customer: z.object(matched).nullable(),
    subscriptionId: z.string(),
    subscriptionStatus: z.string().nullable().meta({ description: "Stripe's own word." }),
    itemId: z.string().nullable().meta({ description: 'null where the package stands for the subscription as a whole.' }),
    price: whyPrice.nullable(),
    mapping: z
      .object({ packageId: z.string(), mappedBy: z.string(), mappedAt: isoTime })
      .nullable()
      .meta({ description: 'As it is now; null when the price is no longer mapped.' }),
  })
  .meta({ id: 'WhyStripe' });

const whyTerms = z
  .object({
    featureId: z.string(),
    name: z.string().nullable(),
    limit: z.int().nullable(),
    resetPeriod: z.enum(RESET_PERIODS).nullable(),
    overageEnabled: z.boolean(),
    scalesWithQuantity: z.boolean(),
  })
  .meta({ id: 'WhyTerms' });

const whySubscription = z
  .object({
    code: z.enum(WHY_CODES).meta({ description: '`COUNTS`, or why it does not.' }),
    wins: z.boolean().meta({ description: "Whether the answer is counted by its package's terms." }),
    text: z.string(),
    subscriptionId: z.string(),
    status: z.enum(SUBSCRIPTION_STATUSES),
    source: z.enum(SUBSCRIPTION_SOURCES),
    createdBy: z.string().nullable().meta({ description: "The API key that made a manual one; null for Stripe's." }),
    quantity: z.int().nullable(),
    startedAt: isoTime,
    endedAt: isoTime.nullable(),
    package: z.object({ id: z.string(), name: z.string() }),
    terms: whyTerms.nullable().meta({ description: 'The feature as it stands in the package; null when the package does not have it.' }),
    stripe: whyStripe.nullable().meta({ description: 'null for a manual subscription.' }),
  })
  .meta({ id: 'WhySubscription' });

const whyParked = z
  .object({
    code: z.string().meta({ description: 'Why it is parked, e.g. `PRICE_UNMAPPED`.' }),
    text: z.string(),
    connectionId: z.string(),
    customerId: z.string(),
    subscriptionId: z.string(),
    subscriptionStatus: z.string(),
    itemId: z.string(),
    price: whyPrice,
    mappedPackageId: z.string().nullable(),
  })
  .meta({ id: 'WhyParked' });

/** The way from the user to the feature, and what was looked at on it. */
export const whySchema = z
  .object({
    customers: z.array(z.object({ connectionId: z.string(), ...matched })).meta({ description: 'The Stripe customers linked to the user.' }),
    subscriptions: z.array(whySubscription).meta({ description: 'All that have not ended, and the 20 that ended last.' }),
    parked: z.array(whyParked).meta({ description: 'Live items in Stripe that became no package subscription.' }),
  })
  .meta({ id: 'EntitlementWhy' });
export type WhyDto = z.output<typeof whySchema>;

export function toWhyDto({ customers, subscriptions, parked }: EntitlementWhy): WhyDto {
  return {
    customers: customers.map(withMatchTime),
    subscriptions: subscriptions.map(toWhySubscription),
    parked: parked.map((item) => ({ ...item })),
  };
}

function toWhySubscription({ startedAt, endedAt, stripe, ...rest }: WhySubscription): WhyDto['subscriptions'][number] {
  return {
    ...rest,
    startedAt: startedAt.toISOString(),
    endedAt: endedAt?.toISOString() ?? null,
    stripe: stripe === null ? null : toWhyStripe(stripe),
  };
}

function toWhyStripe({ customer, mapping, ...rest }: WhyStripe): z.output<typeof whyStripe> {
  return {
    ...rest,
    customer: customer === null ? null : withMatchTime(customer),
    mapping: mapping === null ? null : { ...mapping, mappedAt: mapping.mappedAt.toISOString() },
  };
}

function withMatchTime<Customer extends { readonly matchedAt: Date }>(customer: Customer): Omit<Customer, 'matchedAt'> & { matchedAt: string } {
  return { ...customer, matchedAt: customer.matchedAt.toISOString() };
}
