import { PRICE_INTERVALS } from '@app/subscriptions';
import { z } from 'zod';

import { type CommandDto, queuedExample } from '../commands/command.dto.js';
import { callerId, displayName, stripeId } from '../http/schemas.js';

/** Stripe takes no more digits in any currency, and fewer in most. */
const MAXIMUM_AMOUNT = 999_999_999_999;
/** In days, which are the shortest. */
const MAXIMUM_COUNT = 10_000;

export const newPriceInput = z
  .strictObject({
    amount: z.int().min(0).max(MAXIMUM_AMOUNT).meta({ description: 'In minor units; 0 = free. In BHD, JOD, KWD, OMR and TND the last digit must be 0, in ISK and UGX the last two.', example: 2000 }),
    currency: z
      .string()
      .regex(/^[A-Za-z]{3}$/, 'must be a three-letter code')
      .transform((code) => code.toLowerCase())
      .meta({ description: 'One of Stripe’s, by its three-letter code.', example: 'usd' }),
    interval: z.enum(PRICE_INTERVALS),
    intervalCount: z.int().min(1).max(MAXIMUM_COUNT).default(1).meta({ description: 'Paid once in so many intervals; at the most once in three years.' }),
    nickname: displayName.optional().meta({ description: 'For those who work with Stripe; customers do not see it.', example: 'monthly' }),
    productId: stripeId.optional().meta({ description: 'The Stripe product that the price is of. Left out: the one of which the package’s other prices are, or, where it has none, a new one with the package’s name.', example: 'prod_R5t6Y7' }),
    connectionId: callerId.optional().meta({ description: 'Which Stripe account; only needed where several are connected.', example: 'conn_06f3k2' }),
  })
  .meta({ id: 'NewPackagePriceInput' });
export type NewPriceInput = z.output<typeof newPriceInput>;

const asked = { packageId: 'gold', amount: 2000, currency: 'usd', interval: 'MONTH', intervalCount: 1, nickname: 'monthly', productId: null };

export const queuedPriceExample: CommandDto = { ...queuedExample, kind: 'CREATE_PRICE', object: null, userId: null, asked };
