import { defineEntity, p } from '@mikro-orm/core';

import { User } from '@app/customers';

/** What set a change off. */
export const CHANGE_CAUSES = ['IMPORT', 'RECONCILIATION', 'EVENT', 'MAPPING', 'PACKAGE', 'USER', 'CONNECTION', 'SUBSCRIPTION', 'COMMAND'] as const;
export type ChangeCause = (typeof CHANGE_CAUSES)[number];

/** What of a package subscription decides about access. */
export interface AccessFacts {
  packageId: string;
  status: string;
  quantity: number | null;
  givesAccess: boolean;
  accessUntil: string | null;
}

const changeSchema = defineEntity({
  name: 'EntitlementChange',
  tableName: 'entitlement_change',
  properties: {
    id: p.bigint('string').primary().autoincrement(),
    userKey: () => p.manyToOne(User).mapToPk().fieldName('user_key'),
    packageSubscriptionId: p.text(),
    cause: p.enum(CHANGE_CAUSES),
    /** The run, event, price, package or connection that caused it; the command; of `SUBSCRIPTION`, a call of Kana's own, the API key that asked. */
    causeId: p.text(),
    /** null when the package subscription begins. */
    before: p.json<AccessFacts>().nullable(),
    /** null when it ends. */
    after: p.json<AccessFacts>().nullable(),
    changedAt: p.datetime(6),
  },
  indexes: [{ properties: ['userKey', 'id'] }, { properties: ['packageSubscriptionId', 'id'] }],
});

/** One change of what a user has, written in the transaction of its cause (rule E6). Append-only. */
export class EntitlementChange extends changeSchema.class {}
changeSchema.setClass(EntitlementChange);
