import { COMMAND_KINDS, COMMAND_STATES, type CommandFacts } from '@app/sync';
import { z } from 'zod';

import { callerId, isoTime, pageOf, pageQuery } from '../http/schemas.js';
import { describeCommand } from './describe-command.js';

const milliseconds = z.int().min(0).nullable();

export const commandSchema = z
  .object({
    id: z.string(),
    connectionId: z.string(),
    kind: z.enum(COMMAND_KINDS),
    state: z.enum(COMMAND_STATES).meta({ description: '`QUEUED`: not sent, or certainly not done yet. `SENDING`: Stripe is being asked. `UNKNOWN`: sent, and nobody knows what came of it; Stripe is read before anything else. `APPLIED`, `FAILED`: ended.' }),
    text: z.string().meta({ description: 'How it stands, in words.' }),
    object: z.object({ type: z.string(), id: z.string() }).nullable().meta({ description: 'What it changes in Stripe; null where it makes something new, or that is not decided yet.' }),
    userId: z.string().nullable(),
    asked: z.record(z.string(), z.unknown()).meta({ description: 'What was asked for, in Kana’s words.' }),
    askedBy: z.string().meta({ description: 'The API key.' }),
    sent: z.record(z.string(), z.unknown()).nullable().meta({ description: 'The call of Stripe, as it was frozen before the first attempt; null before that.' }),
    result: z
      .object({ type: z.enum(['CUSTOMER', 'SUBSCRIPTION', 'PRICE', 'CHECKOUT_SESSION']), id: z.string(), url: z.string().nullable(), expiresAt: isoTime.nullable() })
      .nullable()
      .meta({ description: 'What it has made in Stripe, by Stripe’s id; of a Checkout session, where it is completed and until when.' }),
    attempts: z.int().min(0),
    nextAttemptAt: isoTime.nullable(),
    createdAt: isoTime,
    firstSentAt: isoTime.nullable(),
    sentAt: isoTime.nullable().meta({ description: 'The last time.' }),
    endedAt: isoTime.nullable().meta({ description: 'When it was applied in Stripe and in Kana, or failed.' }),
    confirmedAt: isoTime.nullable().meta({ description: 'When an event of Stripe’s about it was settled. Of a Checkout page Stripe tells nothing until it is completed.' }),
    confirmedBy: z.string().nullable().meta({ description: 'That event.' }),
    took: z
      .object({
        toSendMs: milliseconds.meta({ description: 'From being asked for until it was first sent.' }),
        toEndMs: milliseconds.meta({ description: 'From then until it ended.' }),
        toConfirmMs: milliseconds.meta({ description: 'From its first sending until Stripe’s event.' }),
      }),
    error: z.object({ code: z.string(), detail: z.string(), stripeRequestId: z.string().nullable(), status: z.int().nullable() }).nullable().meta({ description: 'Why it failed; of one that is open, why the last attempt did not go through.' }),
    retries: z.string().nullable().meta({ description: 'The failed command that this one tries again.' }),
    retriedBy: z.string().nullable(),
  })
  .meta({ id: 'SyncCommand' });
export type CommandDto = z.output<typeof commandSchema>;
export const commandPage = pageOf('SyncCommandPage', commandSchema);

export const commandQuery = z
  .strictObject({
    ...pageQuery,
    connectionId: callerId.optional(),
    state: z.enum(COMMAND_STATES).optional(),
    kind: z.enum(COMMAND_KINDS).optional(),
    userId: callerId.optional().meta({ description: 'Id or alias.' }),
    subscriptionId: callerId.optional().meta({ description: 'A package subscription: all commands about its Stripe subscription.' }),
    packageId: callerId.optional().meta({ description: 'The prices that were made for a package.' }),
  })
  .refine(({ subscriptionId, packageId }) => subscriptionId === undefined || packageId === undefined, { path: ['packageId'], message: 'must not be given together with subscriptionId' });
export type CommandQuery = z.output<typeof commandQuery>;
export const commandKey = z.tuple([z.string().regex(/^\d{1,18}$/)]);

export function toCommand(command: CommandFacts, userIds: ReadonlyMap<string, string>): CommandDto {
  const { seq: _seq, orderingKey, userKey, error, firstSentAt, request, result, ...facts } = command;
  return {
    ...facts,
    asked: { ...facts.asked },
    firstSentAt,
    text: describeCommand(command),
    object: objectChanged(orderingKey, request),
    sent: request === null ? null : { ...request },
    result: result === null ? null : { url: null, expiresAt: null, ...result },
    userId: userKey === null ? null : (userIds.get(userKey) ?? null),
    took: { toSendMs: between(facts.createdAt, firstSentAt), toEndMs: between(firstSentAt, facts.endedAt), toConfirmMs: between(firstSentAt, facts.confirmedAt) },
    error: error === null ? null : { code: error.code, detail: error.detail, stripeRequestId: error.stripeRequestId, status: error.status },
  };
}

function objectChanged(orderingKey: string, request: CommandFacts['request']): CommandDto['object'] {
  const [type = '', ...id] = orderingKey.split(' ');
  if (type === 'SUBSCRIPTION') {
    return { type, id: id.join(' ') };
  }
  return request?.['call'] === 'UPDATE_CUSTOMER' ? { type: 'CUSTOMER', id: String(request['id']) } : null;
}

function between(from: string | null, to: string | null): number | null {
  return from === null || to === null ? null : Math.max(0, Date.parse(to) - Date.parse(from));
}

export const commandExample: CommandDto = {
  id: 'cmd_06f3k2',
  connectionId: 'conn_06f3k2',
  kind: 'CANCEL',
  state: 'APPLIED',
  text: 'Stripe has done it, and Kana has followed.',
  object: { type: 'SUBSCRIPTION', id: 'sub_1Q2w3E' },
  userId: 'ann@example.com',
  asked: { subscriptionId: 'psub_06f3k2', when: 'PERIOD_END', withAddons: false },
  askedBy: 'key_06f3k2',
  sent: { call: 'UPDATE_SUBSCRIPTION', id: 'sub_1Q2w3E', change: { cancelAtPeriodEnd: true } },
  result: null,
  attempts: 1,
  nextAttemptAt: null,
  createdAt: '2026-03-01T12:00:00.000Z',
  firstSentAt: '2026-03-01T12:00:00.041Z',
  sentAt: '2026-03-01T12:00:00.041Z',
  endedAt: '2026-03-01T12:00:00.402Z',
  confirmedAt: '2026-03-01T12:00:01.120Z',
  confirmedBy: 'evt_1Q2w3E',
  took: { toSendMs: 41, toEndMs: 361, toConfirmMs: 1079 },
  error: null,
  retries: null,
  retriedBy: null,
};

export const queuedExample: CommandDto = {
  ...commandExample,
  state: 'QUEUED',
  text: 'It waits to be sent to Stripe.',
  sent: null,
  attempts: 0,
  nextAttemptAt: '2026-03-01T12:00:00.000Z',
  firstSentAt: null,
  sentAt: null,
  endedAt: null,
  confirmedAt: null,
  confirmedBy: null,
  took: { toSendMs: null, toEndMs: null, toConfirmMs: null },
};
