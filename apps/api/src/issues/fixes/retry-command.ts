import { z } from 'zod';

import { defineFix } from './define-fix.js';

export const retryCommand = defineFix({
  input: z.strictObject({}),
  offers: () => [{ title: 'Try the command again' }],
  run: ({ worker }, { subjectId }, _input, requestedBy) => worker.retry(subjectId, requestedBy),
});
