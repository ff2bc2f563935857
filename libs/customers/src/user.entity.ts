import { defineEntity, p } from '@mikro-orm/core';

import { FIELD_SOURCES, ID_SOURCES } from './customers.types.js';

const userSchema = defineEntity({
  name: 'User',
  tableName: 'kana_user',
  properties: {
    /** The internal `usr_…` key: what foreign keys and logs carry. */
    key: p.text().primary(),
    idSource: p.enum(ID_SOURCES),
    name: p.text().nullable(),
    nameSource: p.enum(FIELD_SOURCES).nullable(),
    email: p.text().nullable(),
    emailSource: p.enum(FIELD_SOURCES).nullable(),
    /** `normalizeEmail(email)`: what matching compares (rule U2). */
    emailNormalized: p.text().nullable(),
    emailVerified: p.boolean(),
    billingId: p.text().nullable(),
    billingIdSource: p.enum(FIELD_SOURCES).nullable(),
    metadata: p.json<Record<string, string>>(),
    createdAt: p.datetime(6),
    updatedAt: p.datetime(6),
  },
  indexes: [
    { properties: 'emailNormalized', where: 'email_normalized is not null' },
    { properties: 'billingId', where: 'billing_id is not null' },
    { properties: ['createdAt', 'key'] },
    { name: 'kana_user_nameless', properties: 'key', where: `id_source = 'STRIPE_CUSTOMER'` },
    { name: 'kana_user_claiming', properties: 'emailNormalized', where: `id_source = 'PROVIDED' and email_source = 'COMPANY' and not email_verified` },
  ],
});

/** One person who uses the company's product. */
export class User extends userSchema.class {}
userSchema.setClass(User);

const nameSchema = defineEntity({
  name: 'UserName',
  tableName: 'user_name',
  properties: {
    /** An id or an alias: both live in one unique namespace (rule U9). */
    name: p.text().primary(),
    /** `normalizeEmail(name)` where that differs: an id is an email however it is spelt (rule U2 c). */
    normalized: p.text().nullable(),
    userKey: () => p.manyToOne(User).mapToPk().fieldName('user_key'),
    kind: p.enum(['ID', 'ALIAS'] as const),
  },
  indexes: [{ properties: 'userKey' }, { properties: 'normalized', where: 'normalized is not null' }],
  uniques: [{ name: 'user_name_one_id', properties: 'userKey', where: `kind = 'ID'` }],
});

/** A name that a user answers to: exactly one `ID`, any number of `ALIAS`es. */
export class UserName extends nameSchema.class {}
nameSchema.setClass(UserName);

const claimSchema = defineEntity({
  name: 'EmailClaim',
  tableName: 'email_claim',
  properties: { emailNormalized: p.text().primary() },
});

/** A row to lock: two workers that match the same email take their turns. Says nothing about who owns the email. */
export class EmailClaim extends claimSchema.class {}
claimSchema.setClass(EmailClaim);
