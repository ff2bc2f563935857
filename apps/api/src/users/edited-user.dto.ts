import { FOLLOWING_CODES, type NotAsked } from '@app/subscriptions';
import { COMMAND_STATES, type CommandFacts } from '@app/sync';
import { z } from 'zod';

import { describeCommand } from '../commands/describe-command.js';
import { userExample, userSchema } from './user.dto.js';

const followingSchema = z
  .object({
    code: z.enum(FOLLOWING_CODES).meta({
      description:
        '`ASKED`: by the command. `NOTHING_TO_ASK`: no name or email was given that is another than before, or than Stripe’s. `NO_CUSTOMER`: Kana knows no primary customer of the user. `CUSTOMER_DELETED`, `CUSTOMER_IN_DOUBT` (whose it is, is a sync issue), `DISCONNECTED`: it cannot be changed now; give the value once more when it can.',
    }),
    text: z.string().meta({ description: 'How it stands, in words.' }),
    commandId: z.string().nullable().meta({ description: 'Follow it under `/v1/sync/commands/{id}`; null where Stripe is not asked.' }),
    state: z.enum(COMMAND_STATES).nullable().meta({ description: 'Of the command, as this was answered.' }),
  })
  .meta({ id: 'Following', description: 'How the user’s primary Stripe customer follows the edit.' });

export const editedUserSchema = userSchema.extend({ following: followingSchema }).meta({ id: 'EditedUser' });
export type EditedUserDto = z.output<typeof editedUserSchema>;

const SENTENCES: Record<NotAsked['code'], string> = {
  NOTHING_TO_ASK: 'There is nothing in this edit that Stripe would have to follow.',
  NO_CUSTOMER: 'Kana knows no Stripe customer that is the user’s primary one, so nothing changes in Stripe.',
  CUSTOMER_DELETED: 'The user’s Stripe customer was deleted, and cannot follow any more.',
  CUSTOMER_IN_DOUBT: 'It is in doubt whose the Stripe customer is, so it is left as it is. Settle its sync issue, then give the value once more.',
  DISCONNECTED: 'The Stripe account is disconnected, so its customer stays as it is. Connect it again, then give the value once more.',
};

export function describeAsked(command: CommandFacts): EditedUserDto['following'] {
  return { code: 'ASKED', text: describeCommand(command), commandId: command.id, state: command.state };
}

export function describeNotAsked({ code }: NotAsked): EditedUserDto['following'] {
  return { code, text: SENTENCES[code], commandId: null, state: null };
}

export const editedUserExample: EditedUserDto = {
  ...userExample,
  following: { code: 'ASKED', text: 'It waits to be sent to Stripe.', commandId: 'cmd_06f3k2', state: 'QUEUED' },
};
