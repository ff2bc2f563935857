import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { SEED } from '../../../../test/support/seed.js';
import { generateAccount } from '../account/generate.js';
import { Store, subscriptionScope } from '../store/store.js';
import { View } from './view.js';
import { writeJson } from './write-json.js';

const reread = (answer: object): unknown => JSON.parse(writeJson(answer).toString('utf8'));
const plain = (answer: object): unknown => JSON.parse(JSON.stringify(answer));

describe(`writeJson (seed ${SEED})`, () => {
  it('writes pages of subscriptions as JSON does, whatever is expanded, and leaves them as they were', () => {
    const store = new Store(generateAccount({ seed: '4', subscriptions: 500 }));
    const view = new View(store);
    const customer = new Map([['customer', new Map()]]);
    const product = new Map([['items', new Map([['data', new Map([['price', new Map([['product', new Map()]])]])]])]]);
    for (const tree of [undefined, customer, product]) {
      const data = store.subscriptions.under(subscriptionScope('plain', 'all')).map((one) => view.subscription(one, tree));
      const answer = { object: 'list', data, has_more: false, url: '/v1/subscriptions' };
      const expected = plain(answer);
      expect(reread(answer)).toEqual(expected);
      expect(reread(answer)).toEqual(expected);
      expect(plain(answer)).toEqual(expected);
    }
  });

  it('writes anything else as JSON does', () => {
    const field = fc.constantFrom('object', 'items', 'data', 'price', 'plan', 'automatic_tax', 'other');
    const value = fc.oneof(fc.jsonValue(), fc.string({ unit: 'binary' }), fc.constant('subscription_item'));
    const fields = fc.dictionary(field, value, { noNullPrototype: true });
    const answers = fc.oneof(
      fields.map((rest) => ({ id: 'x', ...rest })),
      fc.array(fields, { maxLength: 3 }).map((all) => ({ id: 'x', data: all.map((one) => ({ id: 'y', ...one })) })),
    );
    fc.assert(
      fc.property(answers, (answer) => {
        const expected = plain(answer);
        expect(reread(answer)).toEqual(expected);
      }),
      { seed: SEED },
    );
  });

  it('writes an answer that is longer than all before', () => {
    const data = Array.from({ length: 100 }, (_, index) => ({ id: `long_${index}`, name: '🦊'.repeat(50_000) }));
    expect(reread({ object: 'list', data })).toEqual({ object: 'list', data });
  });
});
