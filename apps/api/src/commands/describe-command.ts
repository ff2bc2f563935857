import type { CommandFacts } from '@app/sync';

/** How a command stands, in a sentence. */
export function describeCommand({ state, error, request, confirmedAt }: Pick<CommandFacts, 'state' | 'error' | 'request' | 'confirmedAt'>): string {
  switch (state) {
    case 'QUEUED':
      return error === null ? 'It waits to be sent to Stripe.' : `Stripe has not done it yet, and it is sent again: ${error.detail}`;
    case 'SENDING':
      return 'Stripe is being asked.';
    case 'UNKNOWN':
      return 'It was sent, and nobody knows what came of it. Stripe is read before anything else is done.';
    case 'APPLIED':
      if (request === null) {
        return 'Nothing was left to do, and Stripe was not asked.';
      }
      return confirmedAt === null ? 'Stripe has done it, and Kana has followed.' : 'Stripe has done it, Kana has followed, and Stripe’s own event has told of it.';
    case 'FAILED':
      return `It was not done. ${error?.detail ?? ''}`.trim();
  }
}
