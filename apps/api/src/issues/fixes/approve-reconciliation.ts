import { z } from 'zod';

import { defineFix } from './define-fix.js';

export const approveReconciliation = defineFix({
  input: z.strictObject({}),
  offers: () => [{ title: 'Let the reconciliation take the access' }],
  run: ({ worker }, { connectionId, subjectId }, _input, requestedBy) => worker.approve(connectionId, subjectId, requestedBy),
});
