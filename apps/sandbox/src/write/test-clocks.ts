import type Stripe from 'stripe';
import { badRequest, missing } from '../http/faults.js';
import type { WireTestClock } from '../clock/test-clocks.js';
import type { Act, Shown } from './act.js';
import { deleteCustomer } from './customers.js';
import { demand } from './demands.js';
import { ignored, integer, list, notServed, object, text } from './readers.js';
import type { Read } from './readers.js';

export const TEST_CLOCK_CREATION = object<Stripe.TestHelpers.TestClockCreateParams>()({
  customer: notServed,
  expand: ignored(list(text)),
  frozen_time: integer,
  name: text,
});

export const TEST_CLOCK_ADVANCE = object<Stripe.TestHelpers.TestClockAdvanceParams>()({
  expand: ignored(list(text)),
  frozen_time: integer,
});

const TYPE = 'test_helpers.test_clock';

export function createTestClock(act: Act, input: Read<typeof TEST_CLOCK_CREATION>): Shown {
  const id = act.newId('clock_1');
  const frozenTime = demand(input.frozen_time, 'frozen_time');
  act.world.testClocks.add({ id, created: act.now(), name: input.name ?? null, frozenTime });
  act.record(`${TYPE}.created`, stateOf(act, id));
  return show(act, id);
}

/** Stripe answers at once and goes on by itself: the clock is `advancing`, and `ready` a little later. */
export function advanceTestClock(act: Act, input: Read<typeof TEST_CLOCK_ADVANCE>, id: string): Shown {
  beginAdvance(act, id, demand(input.frozen_time, 'frozen_time'));
  const answer = shown(act, id);
  setImmediate(() => finishAdvance(act, id));
  return () => ({ ...answer });
}

export function beginAdvance(act: Act, id: string, target: number): void {
  const clock = shown(act, id);
  if (clock.status !== 'ready') throw badRequest('The test clock is still advancing.');
  if (target <= clock.frozen_time) {
    throw badRequest('The new frozen time must be later than the current one.', { param: 'frozen_time' });
  }
  act.world.testClocks.begin(id, target);
  act.record(`${TYPE}.advancing`, stateOf(act, id));
}

export function finishAdvance(act: Act, id: string): void {
  const { testClocks } = act.world;
  if (testClocks.show(id)?.status !== 'advancing') return;
  testClocks.finish(id);
  act.record(`${TYPE}.ready`, stateOf(act, id));
}

/** With all that lived under it. */
export function deleteTestClock(act: Act, _input: object, id: string): Shown {
  const state = stateOf(act, id);
  for (const customer of act.store.customers.under(`clock:${id}`)) deleteCustomer(act, {}, customer.id);
  act.world.testClocks.remove(id);
  act.record(`${TYPE}.deleted`, state);
  return () => ({ id, object: TYPE, deleted: true });
}

function shown(act: Act, id: string): WireTestClock {
  const clock = act.world.testClocks.show(id);
  if (!clock) throw missing('test clock', id, 'id');
  return clock;
}

function stateOf(act: Act, id: string): { kind: 'other'; object: { [field: string]: unknown } } {
  return { kind: 'other', object: { ...shown(act, id) } };
}

function show(act: Act, id: string): Shown {
  return () => ({ ...shown(act, id) });
}
