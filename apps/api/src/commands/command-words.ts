import { PRORATIONS } from '@app/stripe';
import { COMMAND_REFUSALS } from '@app/subscriptions';
import { z } from 'zod';

const MAXIMUM_PREVIEW = 2000;

/** What a command with a preview may be refused for. */
export const PREVIEW_REFUSALS = { 412: ['preview_expired', 'preview_outdated'], 422: ['preview_invalid', 'preview_differs'] };

/** What trying a failed command again may be refused for, whichever kind it is of. */
export const RETRY_REFUSALS = {
  404: ['command_not_found', 'subscription_not_found', ...(COMMAND_REFUSALS.NOT_FOUND ?? [])],
  409: ['command_not_failed', 'command_retried', 'subscription_not_paid', ...(COMMAND_REFUSALS.CONFLICT ?? [])],
  422: COMMAND_REFUSALS.REFUSED ?? [],
};

export const prorationWord = z
  .enum(PRORATIONS)
  .default('CREATE')
  .meta({ description: 'What becomes of the money in the middle of a period, where Stripe is paid: `CREATE`: on the next invoice. `NONE`: nothing. `INVOICE_NOW`: on an invoice of its own, at once.' });

export const previewWord = z
  .string()
  .min(1)
  .max(MAXIMUM_PREVIEW)
  .meta({ description: '`preview` of a preview of just this, at most ten minutes old: Stripe reckons to the same second, so that it costs what was shown.' });
