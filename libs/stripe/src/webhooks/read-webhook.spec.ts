import { describe, expect, it } from '@jest/globals';

import { UnreadableEventError } from '../events/read-event.js';
import { type EventAddressee, readWebhook } from './read-webhook.js';

const ADDRESSEE: EventAddressee = { mode: 'TEST', accountId: 'acct_1', userIdMetadataKey: 'kana_user_id' };

const eventOf = (difference: object = {}) => ({
  id: 'evt_1',
  object: 'event',
  type: 'customer.updated',
  created: 1_772_366_400,
  livemode: false,
  api_version: '2026-10-28.endive',
  request: { id: 'req_1', idempotency_key: 'key-1' },
  data: { object: { id: 'cus_1', object: 'customer', email: 'ann@example.com', name: null, metadata: {}, created: 1_772_366_400 } },
  ...difference,
});
const bytes = (event: unknown): Buffer => Buffer.from(JSON.stringify(event));
const read = (difference: object = {}, addressee = ADDRESSEE) => readWebhook(bytes(eventOf(difference)), addressee);

describe('an authentic webhook', () => {
  it('is read', () => {
    expect(read()).toMatchObject({ id: 'evt_1', type: 'customer.updated', idempotencyKey: 'key-1', object: { type: 'CUSTOMER', id: 'cus_1' }, ignored: null, servable: true });
  });

  it.each([
    ['of the other mode', { livemode: true }, 'OTHER_MODE'],
    ['that does not say its mode', { livemode: undefined }, 'OTHER_MODE'],
    ['of another account', { account: 'acct_2' }, 'OTHER_ACCOUNT'],
    ['that names the connection’s own account', { account: 'acct_1' }, null],
    ['of the other mode and of another account', { livemode: true, account: 'acct_2' }, 'OTHER_MODE'],
    ['of a type that is not ours', { type: 'invoice.paid' }, 'TYPE_NOT_HANDLED'],
    ['of a type that is called like a member of every object', { type: 'constructor' }, 'TYPE_NOT_HANDLED'],
    ['of a schedule without a subscription', { type: 'subscription_schedule.created', data: { object: { id: 'sub_sched_1', subscription: null } } }, 'NO_SUBSCRIPTION'],
  ])('%s is kept with its reason', (_name, difference, ignored) => {
    expect(read(difference).ignored).toBe(ignored);
  });

  it('of another account or mode leaves nothing of its content', () => {
    for (const difference of [{ account: 'acct_2' }, { livemode: true }]) {
      expect(read(difference)).toMatchObject({ object: null, body: null, servable: false });
    }
    expect(read({ livemode: true }, { ...ADDRESSEE, mode: 'LIVE' }).ignored).toBeNull();
  });

  it.each([
    ['no JSON', Buffer.from('{')],
    ['nothing', Buffer.alloc(0)],
    ['no text', Buffer.from([0x7b, 0xff, 0x7d])],
    ['null', bytes(null)],
    ['a list', bytes([eventOf()])],
    ['a number', bytes(7)],
    ['no id', bytes(eventOf({ id: undefined }))],
    ['an id with a NUL', bytes(eventOf({ id: 'evt\0' }))],
    ['no type', bytes(eventOf({ type: 7 }))],
    ['a type that cannot be stored', bytes(eventOf({ type: 'a\0' }))],
    ['no time', bytes(eventOf({ created: '1772366400' }))],
    ['a version that is none', bytes(eventOf({ api_version: { a: 1 } }))],
    ['a key with half of a surrogate pair', bytes(eventOf({ request: { idempotency_key: '\ud800' } }))],
    ['no object', bytes(eventOf({ data: {} }))],
  ])('that is no event is told so: %s', (_name, body) => {
    expect(() => readWebhook(body, ADDRESSEE)).toThrow(UnreadableEventError);
  });
});
