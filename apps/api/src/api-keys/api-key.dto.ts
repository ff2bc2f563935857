import { type ApiKeyView, SCOPES } from '@app/access';
import { z } from 'zod';

import { displayName, isoTime, pageOf, pageQuery } from '../http/schemas.js';

const MAXIMUM_OVERLAP_SECONDS = 30 * 86_400;
const DEFAULT_OVERLAP_SECONDS = 86_400;

const expiresAt = isoTime.nullable().meta({ description: 'When it stops opening; null = never.' });

export const apiKeyInput = z
  .strictObject({
    name: displayName.meta({ description: 'What it is for.', example: 'Billing backend' }),
    scopes: z.array(z.enum(SCOPES)).min(1).max(SCOPES.length).meta({ description: '`admin` includes `write`, which includes `read`.', example: ['write'] }),
    expiresAt: expiresAt.default(null),
  })
  .meta({ id: 'ApiKeyInput' });
export type ApiKeyInputDto = z.output<typeof apiKeyInput>;

export const apiKeyRotation = z
  .strictObject({
    overlapSeconds: z.int().min(0).max(MAXIMUM_OVERLAP_SECONDS).default(DEFAULT_OVERLAP_SECONDS).meta({ description: 'How long the old key goes on. A day unless said otherwise; 0 = it ends now.' }),
    expiresAt: expiresAt.optional().meta({ description: 'Of the new key. Left out: as long from now as the old one was made for.' }),
  })
  .meta({ id: 'ApiKeyRotation' });
export type ApiKeyRotationDto = z.output<typeof apiKeyRotation>;

const shown = {
  id: z.string(),
  name: z.string(),
  hint: z.string().meta({ description: 'The last four characters of the key.' }),
  scopes: z.array(z.enum(SCOPES)),
  status: z.enum(['ACTIVE', 'EXPIRED', 'REVOKED']),
  origin: z.enum(['SETTINGS', 'API']).meta({ description: 'SETTINGS: the key of KANA_ADMIN_KEY, which is changed there only.' }),
  createdBy: z.string().nullable().meta({ description: 'Id of the key that made it.' }),
  createdAt: isoTime,
  expiresAt: isoTime.nullable(),
  revokedAt: isoTime.nullable(),
  lastUsedAt: isoTime.nullable().meta({ description: 'To the minute; null = never.' }),
  replacedBy: z.string().nullable().meta({ description: 'Id of the key that took its place.' }),
};

export const apiKeySchema = z.object(shown).meta({ id: 'ApiKey' });
export type ApiKeyDto = z.output<typeof apiKeySchema>;
export const apiKeyPage = pageOf('ApiKeyPage', apiKeySchema);

export const newApiKeySchema = z
  .object({ ...shown, key: z.string().meta({ description: 'The key itself: this is the only time that it is shown.' }) })
  .meta({ id: 'NewApiKey' });
export type NewApiKeyDto = z.output<typeof newApiKeySchema>;

export const apiKeyQuery = z.strictObject(pageQuery);
export type ApiKeyQuery = z.output<typeof apiKeyQuery>;
export const apiKeyKey = z.tuple([z.string().max(64)]);

export const apiKeyExample: ApiKeyDto = {
  id: 'key_06f3k2',
  name: 'Billing backend',
  hint: 'x7Qa',
  scopes: ['write'],
  status: 'ACTIVE',
  origin: 'API',
  createdBy: 'key_06f3j1',
  createdAt: '2026-03-01T12:00:00.000Z',
  expiresAt: null,
  revokedAt: null,
  lastUsedAt: null,
  replacedBy: null,
};
export const newApiKeyExample: NewApiKeyDto = { ...apiKeyExample, key: 'kana_test_…' };

/** Member by member: what a key gains inside must not show by itself. */
export function toApiKey(view: ApiKeyView): ApiKeyDto {
  const { id, name, hint, scopes, status, origin, createdBy, createdAt, expiresAt: end, revokedAt, lastUsedAt, replacedBy } = view;
  return { id, name, hint, scopes, status, origin, createdBy, createdAt, expiresAt: end, revokedAt, lastUsedAt, replacedBy };
}
