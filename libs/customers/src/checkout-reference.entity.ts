import { defineEntity, p } from '@mikro-orm/core';

const referenceSchema = defineEntity({
  name: 'CheckoutReference',
  tableName: 'checkout_reference',
  properties: {
    connectionId: p.text().primary(),
    customerId: p.text().primary(),
    /** The oldest completed Checkout session of this customer that names a user. */
    sessionId: p.text(),
    /** The user's id, or an alias, as the session names it (`client_reference_id`). */
    reference: p.text(),
    /** When the session was completed, Stripe's whole seconds. */
    stripeCreated: p.bigint('number'),
  },
});

/** For whom a Checkout session was opened: known as soon as it is completed, whether or not its customer is. */
export class CheckoutReference extends referenceSchema.class {}
referenceSchema.setClass(CheckoutReference);
