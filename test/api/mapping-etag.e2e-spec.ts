import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';

import { startTestApi, type TestApi } from '../support/api.js';
import { insertConnection, insertPrice } from '../support/entitlement-rows.js';
import { send } from '../support/send.js';

let api: TestApi;
let client: pg.Client;

beforeAll(async () => {
  api = await startTestApi();
  client = new pg.Client({ connectionString: api.databaseUrl });
  await client.connect();
  await insertConnection(client, 'conn_1');
  await api.post('/v1/features', { id: 'sso', name: 'SSO', type: 'BINARY' });
  for (const id of ['gold', 'silver', 'bronze']) {
    await api.post('/v1/packages', { id, name: id, features: [{ featureId: 'sso' }] });
  }
});
afterAll(async () => {
  await client.end();
  await api.close();
});

describe.each([['/v1/stripe/prices'], ['/v1/stripe/connections/conn_1/prices']])('the mapping of a price under %s', (prices) => {
  const price = `price_${prices.length}`;
  const map = (packageId: string, ifMatch?: string) =>
    send(`${api.url}${prices}/${price}/mapping`, { method: 'PUT', key: api.adminKey, body: { packageId }, headers: ifMatch === undefined ? {} : { 'if-match': ifMatch } });
  const etag = async (): Promise<string | null> => (await api.get(`${prices}/${price}`)).headers.get('etag');

  it('is never overwritten by somebody who saw another one', async () => {
    await insertPrice(client, 'conn_1', price);
    expect(await etag()).toBe('"0"');
    const first = await map('gold', '"0"');
    expect([first.status, first.headers.get('etag'), await etag()]).toEqual([200, '"1"', '"1"']);
    const second = await map('silver', '"0"');
    expect([second.status, second.body['code'], second.headers.get('content-type')]).toEqual([412, 'mapping_changed', 'application/problem+json']);
    const third = await map('silver', 'W/"1"');
    expect([third.status, third.headers.get('etag')]).toEqual([200, '"2"']);
  });

  it('is overwritten without If-Match and with *, but not by what is no ETag', async () => {
    expect([(await map('bronze')).status, (await map('gold', '*')).status]).toEqual([200, 200]);
    expect(await etag()).toBe('"4"');
    const wrong = await map('silver', '4');
    expect([wrong.status, wrong.body['code']]).toEqual([400, 'if_match_invalid']);
  });
});
