import { describe, expect, it } from '@jest/globals';
import { planExpansion } from './expand.js';
import type { ExpandTree } from './expand.js';
import { ApiFault } from './faults.js';

function shape(tree: ExpandTree): object {
  return Object.fromEntries([...tree].map(([field, below]) => [field, shape(below)]));
}

function refusal(path: string, answer: string): string {
  try {
    planExpansion([path], answer);
  } catch (error) {
    if (error instanceof ApiFault && error.fault.status === 400 && error.fault.param === 'expand') return error.message;
    throw error;
  }
  return 'not refused';
}

describe('planExpansion', () => {
  it('joins paths into one tree', () => {
    const { tree } = planExpansion(['customer', 'items.data.price.product', 'items.data.price'], 'subscription');
    expect(shape(tree)).toEqual({ customer: {}, items: { data: { price: { product: {} } } } });
  });

  it('names the rights that reading the expanded objects takes', () => {
    const { rights } = planExpansion(['data.customer', 'data.items.data.price'], 'subscription list');
    expect([...rights]).toEqual(['customers']);
    expect([...planExpansion(['items.data.price.product'], 'subscription').rights]).toEqual(['products']);
  });

  it('takes any currency below currency_options', () => {
    const { tree } = planExpansion(['currency_options.eur.tiers'], 'price');
    expect(shape(tree)).toEqual({ currency_options: { eur: { tiers: {} } } });
  });

  it.each([
    ['data.items.data.price.product', 'subscription list', 'more than 4 levels'],
    ['customer', 'subscription list', "expanding 'data.customer' instead"],
    ['data.status', 'subscription list', 'cannot be expanded (data.status)'],
    ['data.nothing', 'customer list', 'cannot be expanded'],
    ['customer.email', 'subscription', 'cannot be expanded'],
    ['constructor', 'subscription', 'cannot be expanded'],
    ['latest_invoice', 'subscription', 'keeps no such objects'],
  ])('refuses %s of a %s', (path, answer, message) => {
    expect(refusal(path, answer)).toContain(message);
  });
});
