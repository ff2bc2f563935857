import { defineEntity, p } from '@mikro-orm/core';

import { StripeConnection } from '@app/stripe';

import { MATCHED_BY } from './customers.types.js';
import { User } from './user.entity.js';

const customerSchema = defineEntity({
  name: 'StripeCustomer',
  tableName: 'stripe_customer',
  properties: {
    connectionId: () => p.manyToOne(StripeConnection).mapToPk().primary().fieldName('connection_id'),
    id: p.text().primary(),
    email: p.text().nullable(),
    /** `normalizeEmail(email)`: finds the customers that share an email (rule U2). */
    emailNormalized: p.text().nullable(),
    name: p.text().nullable(),
    deleted: p.boolean(),
    /** The metadata value that names the Kana user, as Stripe has it. */
    userIdHint: p.text().nullable(),
    /** null for a customer that was deleted before it was first seen. */
    createdAt: p.datetime(6).nullable(),
    /** The conflict that a human has to settle (rule U6): it has no user, or its link is in doubt; null when all is well. */
    conflict: p.text().nullable(),
    conflictEvidence: p.json<Record<string, unknown>>().nullable(),
  },
  indexes: [
    { properties: ['connectionId', 'conflict'], where: 'conflict is not null' },
    { properties: 'emailNormalized', where: 'email_normalized is not null' },
    { name: 'stripe_customer_not_deleted', properties: ['connectionId', 'createdAt'], where: 'not deleted' },
  ],
});

/** A Stripe customer as last read. */
export class StripeCustomer extends customerSchema.class {}
customerSchema.setClass(StripeCustomer);

const linkSchema = defineEntity({
  name: 'CustomerLink',
  tableName: 'customer_link',
  properties: {
    connectionId: p.text().primary(),
    customerId: p.text().primary(),
    userKey: () => p.manyToOne(User).mapToPk().fieldName('user_key'),
    matchedBy: p.enum(MATCHED_BY),
    /** The first email that the customer has shown, normalised: what made the link, or would have. Never changes. */
    firstEmail: p.text().nullable(),
    /** The id that the metadata gave, where that made the link. Never changes. */
    userIdHint: p.text().nullable(),
    matchedAt: p.datetime(6),
  },
  indexes: [{ properties: 'userKey' }, { properties: 'firstEmail', where: 'first_email is not null' }],
});

/** Stripe customer → user, with how it was matched and when. A user may have several. */
export class CustomerLink extends linkSchema.class {}
linkSchema.setClass(CustomerLink);
