import { expect, it } from '@jest/globals';

import { readWait } from './read-wait.js';

it.each([
  [undefined, null],
  ['wait=5', 5],
  ['respond-async, wait=10', 10],
  [['respond-async', 'Wait = 1'], 1],
  ['wait=5; foo=1', 5],
  ['wait=600', 30],
  ['wait=0', null],
  ['wait=-3', null],
  ['await=5', null],
  ['wait=5s', null],
  ['', null],
])('the preference %j is a wait of %j seconds', (prefer, seconds) => {
  expect(readWait(prefer)).toBe(seconds);
});
