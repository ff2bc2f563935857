import { z } from 'zod';

import { defineFix } from './define-fix.js';

export const readCustomerAgain = defineFix({
  input: z.strictObject({}),
  offers: () => [{ title: 'Read the customer from Stripe again' }],
  run: ({ worker }, { connectionId, subjectId }) => worker.readAgain(connectionId, { type: 'CUSTOMER', id: subjectId }),
});

export const replayEvent = defineFix({
  input: z.strictObject({}),
  offers: () => [{ title: 'Replay the event: its object is read from Stripe again' }],
  run: ({ worker }, { connectionId, subjectId }) => worker.replay(connectionId, subjectId),
});

export const readSubscriptionAgain = defineFix({
  input: z.strictObject({}),
  offers: () => [{ title: 'Read the subscription from Stripe again' }],
  run: ({ worker }, { connectionId, subjectId }) => worker.readAgain(connectionId, { type: 'SUBSCRIPTION', id: subjectId }),
});
