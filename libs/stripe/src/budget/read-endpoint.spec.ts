import { expect, it } from '@jest/globals';

import { readEndpoint } from './read-endpoint.js';

it.each([
  ['GET', '/v1/subscriptions?status=all&limit=100', 'GET /v1/subscriptions'],
  ['GET', '/v1/subscriptions/sub_1?expand[]=customer', 'GET /v1/subscriptions/:id'],
  ['post', '/v1/subscriptions/sub_1', 'POST /v1/subscriptions/:id'],
  ['GET', '/v1/subscription_items?subscription=sub_1', 'GET /v1/subscription_items'],
  ['GET', '/v1/products/gold', 'GET /v1/products/:id'],
  ['POST', '/v1/subscriptions/sub_1/resume', 'POST /v1/subscriptions/:id/resume'],
  ['GET', '/v1/test_helpers/test_clocks', 'GET /v1/test_helpers/test_clocks'],
  ['POST', '/v1/test_helpers/test_clocks/clock_1/advance', 'POST /v1/test_helpers/test_clocks/:id/advance'],
  ['GET', '/v1/account', 'GET /v1/account'],
])('%s %s is one of %s', (method, path, endpoint) => {
  expect(readEndpoint(method, path)).toBe(endpoint);
});
