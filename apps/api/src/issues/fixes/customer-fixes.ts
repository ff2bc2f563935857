import type { SyncIssue } from '@app/sync';
import { z } from 'zod';

import { callerId } from '../../http/schemas.js';
import { userInput } from '../../users/user.dto.js';
import { defineFix } from './define-fix.js';

const link = z.strictObject({ userId: callerId.meta({ description: 'By its id or an alias.' }) });
/** The customer is the user's: that is what the call is for. */
const newUser = userInput.omit({ billingId: true });

/** Those whom the evidence names, and any other. */
export const linkUser = defineFix({
  input: link,
  offers: (issue) => [
    ...candidatesOf(issue).map((userId) => ({ title: `Link the customer to the user ${userId}`, body: { userId } })),
    { title: 'Link the customer to another user', body: {} },
  ],
  run: async ({ users, conversions }, { subjectId }, { userId }) => {
    await conversions.afterUserChange(await users.bill(userId, subjectId));
  },
});

export const createUser = defineFix({
  input: newUser,
  offers: () => [{ title: 'Make a new user for the customer', body: {} }],
  run: async ({ users, conversions }, { subjectId }, input) => {
    await conversions.afterUserChange(await users.create({ ...input, billingId: subjectId }));
  },
});

const evidence = z.object({ users: z.array(z.object({ id: z.string() })) });

function candidatesOf(issue: SyncIssue): string[] {
  const { data } = evidence.safeParse(issue.evidence);
  return data?.users.map(({ id }) => id) ?? [];
}
