import { FIELD_OWNERS, FIELD_OWNERSHIP, OWNED_OBJECTS } from '@app/subscriptions';
import { z } from 'zod';

const row = z.strictObject({
  object: z.enum(OWNED_OBJECTS).meta({ description: '`STRIPE_SUBSCRIPTION`: a package subscription that Stripe is paid for; `MANUAL_SUBSCRIPTION`: one of Kana’s own.' }),
  fields: z.array(z.string()).meta({ description: 'By their names in this API.' }),
  owner: z.enum(FIELD_OWNERS).meta({
    description: 'Whose word changes them. `PER_FIELD`: the object’s `sources` say (`COMPANY` or `STRIPE`). `COMPUTED`: nobody’s; they follow from others.',
  }),
  onImport: z.string().meta({ description: 'What an import, a reconciliation or an event makes of them. Markdown; links are relative to docs.' }),
  elsewhere: z.string().nullable().meta({ description: 'How else they change; null = not at all.' }),
});

export const fieldOwnership = z.strictObject({ data: z.array(row) }).meta({ id: 'FieldOwnership' });
export type FieldOwnershipDto = z.output<typeof fieldOwnership>;

export function toFieldOwnership(): FieldOwnershipDto {
  return { data: FIELD_OWNERSHIP.map(({ fields, ...rest }) => ({ ...rest, fields: [...fields] })) };
}

export const fieldOwnershipExample: FieldOwnershipDto = { data: toFieldOwnership().data.filter(({ object }) => object === 'USER').slice(-1) };
