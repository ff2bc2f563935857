import type Stripe from 'stripe';
import type { Wire } from './wire.js';

export type WireAccount = Omit<Wire<Stripe.Account>, 'deleted'> & { country: string; default_currency: string };

/** The company's own Stripe account. */
export function buildAccount(id: string, name: string): WireAccount {
  const url = 'https://acme-cloud.example';
  return {
    id,
    object: 'account',
    business_profile: {
      annual_revenue: null,
      estimated_worker_count: null,
      mcc: '5734',
      minority_owned_business_designation: [],
      name,
      product_description: null,
      specified_commercial_transactions_act_url: null,
      support_address: null,
      support_email: 'support@acme-cloud.example',
      support_phone: null,
      support_url: url,
      url,
    },
    business_type: 'company',
    capabilities: { card_payments: 'active', transfers: 'active' },
    charges_enabled: true,
    country: 'US',
    default_currency: 'usd',
    details_submitted: true,
    email: 'billing@acme-cloud.example',
    metadata: {},
    payouts_enabled: true,
    type: 'standard',
  };
}
