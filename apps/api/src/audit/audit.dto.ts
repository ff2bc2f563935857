import { z } from 'zod';

import { callerId, isoTime, pageOf, pageQuery } from '../http/schemas.js';

export const auditEntrySchema = z
  .object({
    id: z.string().meta({ description: 'Grows with time.', example: '4711' }),
    at: isoTime,
    apiKey: z.object({ id: z.string(), name: z.string().nullable() }).meta({ description: 'The key that asked.' }),
    operationId: z.string().meta({ description: 'As in this document.' }),
    method: z.string(),
    route: z.string().meta({ description: 'The template of the address.' }),
    parameters: z.record(z.string(), z.string()).meta({ description: 'Of the path, save the ids of users.' }),
    userId: z.string().nullable().meta({ description: 'The present id of the user that the call was about; null = none, or erased.' }),
    request: z.unknown().meta({ description: 'The body without secrets and personal data; null = none.' }),
    requestId: z.string().meta({ description: 'The same as in `X-Request-Id` and in the logs.' }),
  })
  .meta({ id: 'AuditEntry' });
export type AuditEntryDto = z.output<typeof auditEntrySchema>;
export const auditPage = pageOf('AuditEntryPage', auditEntrySchema);

export const auditQuery = z.strictObject({
  ...pageQuery,
  apiKeyId: z.string().min(1).max(64).optional(),
  operationId: z.string().min(1).max(100).optional(),
  requestId: z.string().min(1).max(128).optional(),
  userId: callerId.optional().meta({ description: 'Id or alias of a user.' }),
  after: isoTime.optional().meta({ description: 'Later than this.' }),
  until: isoTime.optional().meta({ description: 'Earlier than this.' }),
});
export type AuditQuery = z.output<typeof auditQuery>;

/** Sort key of the list, as the cursor carries it: the largest bigint has 19 digits. */
export const auditKey = z.tuple([z.string().regex(/^\d{1,18}$/)]);

export const auditExample: AuditEntryDto = {
  id: '4711',
  at: '2026-03-01T12:00:00.000Z',
  apiKey: { id: 'key_06f3k2', name: 'Billing backend' },
  operationId: 'publishPackage',
  method: 'POST',
  route: '/v1/packages/:id/publish',
  parameters: { id: 'gold' },
  userId: null,
  request: null,
  requestId: '5f0c2a9e-8d2b-4f5e-9b0a-3a1d5c7e9f00',
};
