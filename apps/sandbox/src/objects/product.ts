import type Stripe from 'stripe';
import type { Wire } from './wire.js';

export type WireProduct = Omit<Wire<Stripe.Product>, 'default_price'> & { default_price: string | null };

/** What a catalog entry says of a product; the rest is as Stripe fills it in. */
export interface ProductFacts {
  id: string;
  name: string;
  created: number;
  active?: boolean;
  description?: string;
  defaultPrice?: string;
  unitLabel?: string;
  metadata?: Stripe.Metadata;
}

/** A product as `GET /v1/products/:id` answers it. */
export function buildProduct(facts: ProductFacts): WireProduct {
  return {
    id: facts.id,
    object: 'product',
    active: facts.active ?? true,
    created: facts.created,
    default_price: facts.defaultPrice ?? null,
    description: facts.description ?? null,
    images: [],
    livemode: false,
    marketing_features: [],
    metadata: facts.metadata ?? {},
    name: facts.name,
    package_dimensions: null,
    shippable: null,
    statement_descriptor: null,
    tax_code: null,
    tax_details: null,
    type: 'service',
    unit_label: facts.unitLabel ?? null,
    updated: facts.created,
    url: null,
  };
}
