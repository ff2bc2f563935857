import type { CommandFacts } from '@app/sync';
import type { WantedLink } from '@app/subscriptions';
import { z } from 'zod';

import { callerId, isoTime } from '../http/schemas.js';
import { isWholeWish, packageIds, priceWish, toWish, trialDays, WHOLE_WISH } from './subscribe.dto.js';
import { quantity, time } from './subscription-change.dto.js';

const MAXIMUM_URL = 2000;

/** A page of the company's; Stripe puts the session's id in the place of `{CHECKOUT_SESSION_ID}`. */
const page = z
  .string()
  .max(MAXIMUM_URL)
  .refine((text) => isPage(text), 'must be an http or https address');

export const linkInput = z
  .strictObject({
    userId: callerId.optional().meta({ description: 'The user who shall have the packages, by id or alias; left out: whoever completes it, found or made by the email that they give.', example: 'ann@example.com' }),
    packageIds,
    quantity: quantity.default(1).meta({ description: 'Of each package.', example: 1 }),
    ...priceWish,
    connectionId: callerId.optional().meta({ description: 'The Stripe account, where several are connected and the user is in none or in another.' }),
    trialDays,
    allowPromotionCodes: z.boolean().default(false).meta({ description: 'Whether the page takes promotion codes.' }),
    successUrl: page.meta({ description: 'Where the payer goes afterwards. `{CHECKOUT_SESSION_ID}` in it becomes the session’s id.', example: 'https://app.example.com/welcome' }),
    cancelUrl: page.optional().meta({ description: 'Where the payer goes who would rather not.', example: 'https://app.example.com/plans' }),
    expiresAt: time.optional().meta({ description: 'Until when the page is open: 31 minutes from now at least, a day at most; a day unless given.' }),
  })
  .refine(isWholeWish, WHOLE_WISH)
  .meta({ id: 'SubscriptionLinkInput' });
export type LinkInputDto = z.output<typeof linkInput>;

export const linkSchema = z
  .object({
    url: z.string().nullable().meta({ description: 'The page; send the payer there. null once it was completed.' }),
    expiresAt: isoTime,
    sessionId: z.string().meta({ description: 'The Checkout session in Stripe.' }),
    commandId: z.string().meta({ description: 'The command by which it was opened.' }),
    userId: z.string().nullable(),
    packageIds: z.array(z.string()),
  })
  .meta({ id: 'SubscriptionLink' });
export type LinkDto = z.output<typeof linkSchema>;

export function toWantedLink(input: LinkInputDto): WantedLink {
  const { userId, connectionId, packageIds: ids, quantity: each, trialDays: trial, allowPromotionCodes, successUrl, cancelUrl, expiresAt } = input;
  const pages = { successUrl, cancelUrl: cancelUrl ?? null, expiresAt: expiresAt?.toISOString() ?? null };
  return { userId: userId ?? null, connectionId: connectionId ?? null, asked: { packageIds: ids, quantity: each, wish: toWish(input), trialDays: trial ?? null, allowPromotionCodes, ...pages } };
}

export function toLink({ id, result }: Pick<CommandFacts, 'id' | 'result'>, { userId, packageIds: ids }: LinkInputDto): LinkDto {
  return { url: result?.url ?? null, expiresAt: result?.expiresAt ?? '', sessionId: result?.id ?? '', commandId: id, userId: userId ?? null, packageIds: ids };
}

function isPage(text: string): boolean {
  const plain = text.replaceAll('{CHECKOUT_SESSION_ID}', 'cs');
  return URL.canParse(plain) && ['http:', 'https:'].includes(new URL(plain).protocol);
}

export const linkExample: LinkDto = {
  url: 'https://checkout.stripe.com/c/pay/cs_1Q2w3E',
  expiresAt: '2026-03-02T12:00:00.000Z',
  sessionId: 'cs_1Q2w3E',
  commandId: 'cmd_06f3k2',
  userId: 'ann@example.com',
  packageIds: ['team'],
};
