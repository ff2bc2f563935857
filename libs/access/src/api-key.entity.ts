import { defineEntity, p } from '@mikro-orm/core';

const apiKeySchema = defineEntity({
  name: 'ApiKey',
  tableName: 'api_key',
  properties: {
    id: p.text().primary(),
    name: p.text(),
    /** SHA-256 of the key, hex: the key itself is stored nowhere. */
    hash: p.text().unique().hidden(),
    /** The key's last four characters, to recognise it by. */
    hint: p.text(),
    scopes: p.array(),
    /** `SETTINGS`: the one of KANA_ADMIN_KEY; it is changed there and nowhere else. */
    origin: p.enum(['SETTINGS', 'API'] as const),
    /** The key that made it; null for the one of the settings. */
    createdBy: p.text().nullable(),
    createdAt: p.datetime(6),
    expiresAt: p.datetime(6).nullable(),
    revokedAt: p.datetime(6).nullable(),
    /** To the minute: it is not written on every request. */
    lastUsedAt: p.datetime(6).nullable(),
    /** The key that took its place. */
    replacedBy: p.text().nullable(),
  },
});

/** A key that opens the admin api. */
export class ApiKey extends apiKeySchema.class {}
apiKeySchema.setClass(ApiKey);
