import { CONFLICT_CODES, FIELD_SOURCES, ID_SOURCES, LINK_FIELDS, MATCHED_BY, normalizeEmail, type UserLinkView, type UserView } from '@app/customers';
import { z } from 'zod';

import { callerId, displayName, isoTime, metadata, pageOf, pageQuery, stripeId } from '../http/schemas.js';

const email = z
  .string()
  .min(1)
  .max(255)
  .refine((value) => normalizeEmail(value) !== null, 'must be an email')
  .meta({ description: 'Compared without regard to case and surrounding spaces. Several users may share one.', example: 'ann@example.com' });
const billingId = stripeId.meta({ description: 'The Stripe customer that pays for this user.', example: 'cus_Q2w3E' });
const emailVerified = z.boolean().meta({ description: 'Whether the user has shown that the email is theirs. Counts where `emailMatch` is `VERIFIED_ONLY`. Who was made from Stripe by this email, and by it alone, is taken over then: its id becomes an alias.' });

export const userInput = z
  .strictObject({
    id: callerId.meta({ description: 'Yours; an email is fine. Ids and aliases share one namespace.', example: 'ann' }),
    name: displayName.nullable().optional().meta({ example: 'Ann Example' }),
    email: email.nullable().optional(),
    emailVerified: emailVerified.optional(),
    billingId: billingId.nullable().optional(),
    metadata: metadata.optional(),
  })
  .meta({ id: 'UserInput' });
export type UserInputDto = z.output<typeof userInput>;

export const userChanges = z
  .strictObject({
    name: displayName.nullable().optional(),
    email: email.nullable().optional(),
    emailVerified: emailVerified.optional(),
    billingId: billingId.nullable().optional(),
    metadata: metadata.optional().meta({ description: 'Takes the place of all metadata.' }),
  })
  .meta({ id: 'UserChanges' });
export type UserChangesDto = z.output<typeof userChanges>;

const source = z.enum(FIELD_SOURCES).nullable();

export const userSchema = z
  .object({
    id: z.string(),
    aliases: z.array(z.string()).meta({ description: 'Other names that the user answers to, wherever an id is asked for.' }),
    name: z.string().nullable(),
    email: z.string().nullable(),
    emailVerified: z.boolean(),
    billingId: z.string().nullable().meta({ description: 'The primary Stripe customer.' }),
    sources: z
      .object({ name: source, email: source, billingId: source })
      .meta({ description: 'Whose word each value is. `COMPANY` values are never overwritten from Stripe; `STRIPE` values follow the primary customer; null while empty.' }),
    idSource: z.enum(ID_SOURCES).meta({ description: '`PROVIDED` by you; else the email, or for want of one the id, of the Stripe customer that the user was made from.' }),
    metadata: z.record(z.string(), z.string()),
    createdAt: isoTime,
    updatedAt: isoTime,
  })
  .meta({ id: 'User' });
export type UserDto = z.output<typeof userSchema>;
export const userPage = pageOf('UserPage', userSchema);

export const userQuery = z.strictObject({
  ...pageQuery,
  q: z.string().min(1).max(255).optional().meta({ description: 'How an id, alias, email or name begins, in any case; or a whole `billingId`.', example: 'ann' }),
});
export type UserQueryDto = z.output<typeof userQuery>;

/** Sort key of the list: time of creation, then the internal key. */
export const userKey = z.tuple([isoTime, z.string()]);

export const userLinkSchema = z
  .object({
    connectionId: z.string(),
    customerId: z.string(),
    matchedBy: z.enum(MATCHED_BY).meta({ description: 'How the customer came to the user; `CREATED`: the user was made from it; `CHECKOUT`: its Checkout session was opened for the user.' }),
    matchedValue: z.string().nullable().meta({ description: 'The email, or the id in the metadata, that made the link, as it was then. Later changes in Stripe leave the link alone.' }),
    matchedAt: isoTime,
    primary: z.boolean().meta({ description: 'Whether it is the user\'s `billingId`. The user\'s `STRIPE` values follow this customer.' }),
    email: z.string().nullable().meta({ description: 'As in Stripe now; of a deleted customer, as last seen.' }),
    name: z.string().nullable(),
    deleted: z.boolean(),
    differs: z
      .array(z.enum(LINK_FIELDS))
      .meta({ description: 'Where the user shows something else than Stripe: your own value stays, and so does that of the primary customer. Case and surrounding spaces of emails do not count.' }),
    conflict: z.enum(CONFLICT_CODES).nullable().meta({ description: 'The link stands, but a later arrival has put it in doubt.' }),
  })
  .meta({ id: 'UserLink' });
export type UserLinkDto = z.output<typeof userLinkSchema>;
export const userLinkPage = pageOf('UserLinkPage', userLinkSchema);
export const userLinkQuery = z.strictObject(pageQuery);
export type UserLinkQueryDto = z.output<typeof userLinkQuery>;

/** Sort key of a user's links: connection, then customer. */
export const userLinkKey = z.tuple([z.string(), z.string()]);

export const userExample: UserDto = {
  id: 'ann',
  aliases: ['ann@example.com'],
  name: 'Ann Example',
  email: 'ann@example.com',
  emailVerified: true,
  billingId: 'cus_Q2w3E',
  sources: { name: 'COMPANY', email: 'COMPANY', billingId: 'STRIPE' },
  idSource: 'PROVIDED',
  metadata: {},
  createdAt: '2026-03-01T12:00:00.000Z',
  updatedAt: '2026-03-01T12:00:00.000Z',
};

export const userLinkExample: UserLinkDto = {
  connectionId: 'conn_06f3k2',
  customerId: 'cus_Q2w3E',
  matchedBy: 'EMAIL',
  matchedValue: 'ann@example.com',
  matchedAt: '2026-03-01T12:00:00.000Z',
  primary: true,
  email: 'ann.new@example.com',
  name: 'Ann Example',
  deleted: false,
  differs: ['email'],
  conflict: null,
};

/** The internal key stays inside. */
export function toUserDto({ key: _key, aliases, metadata: pairs, ...user }: UserView): UserDto {
  return { ...user, aliases: [...aliases], metadata: { ...pairs } };
}

export function toUserLinkDto(link: UserLinkView): UserLinkDto {
  return { ...link, differs: [...link.differs] };
}
