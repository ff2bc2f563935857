import { defineEntity, p } from '@mikro-orm/core';

const apiKeySchema = defineEntity({
  name: 'ApiKey',
  tableName: 'api_key',
  properties: {
    id: p.text().primary(),
    name: p.text(),
    /** SHA-256 of the key, hex: the key itself is stored nowhere. */
    hash: p.text().unique().hidden(),
    createdAt: p.datetime(6),
    revokedAt: p.datetime(6).nullable(),
  },
});

/** A key that opens the admin api. */
export class ApiKey extends apiKeySchema.class {}
apiKeySchema.setClass(ApiKey);
