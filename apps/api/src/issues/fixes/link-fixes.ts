import type { SyncIssue } from '@app/sync';
import { z } from 'zod';

import { callerId } from '../../http/schemas.js';
import { defineFix } from './define-fix.js';

/** To each user that the customer may mean, and to any other. */
export const linkUser = defineFix({
  input: z.strictObject({ userId: callerId }),
  offers: (issue) => [
    ...candidatesOf(issue).map((userId) => ({ title: `Link the customer to user ${userId}`, body: { userId } })),
    { title: 'Link the customer to another user', body: {} },
  ],
  run: ({ people: { links } }, { connectionId, subjectId }, { userId }) => links.link(connectionId, subjectId, { userId }),
});

export const createUser = defineFix({
  input: z.strictObject({ id: callerId.optional() }),
  offers: () => [{ title: 'Create a new user, and link the customer to it', body: {} }],
  run: ({ people: { links } }, { connectionId, subjectId }, { id = null }) => links.link(connectionId, subjectId, { newUserId: id }),
});

/** The subject is who claims; the evidence names who has what is paid for. */
export const takeOver = defineFix({
  input: z.strictObject({}),
  offers: () => [{ title: 'They are the same person: let the user take over the other one’s Stripe customers' }],
  run: async ({ people: { links, users } }, { subjectId, evidence }) => {
    const ids = await users.idsByKey([subjectId]);
    await links.takeOver(String(evidence['userKey']), ids.get(subjectId) ?? subjectId);
  },
});

function candidatesOf({ evidence }: SyncIssue): string[] {
  const users = z.array(z.object({ id: z.string() })).safeParse(evidence['users']);
  return (users.data ?? []).map(({ id }) => id);
}
