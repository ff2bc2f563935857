import { type ImportAccessChange, type ImportRow, ROW_RESULTS } from '@app/sync';
import { z } from 'zod';

import { pageOf, pageQuery } from '../http/schemas.js';

const count = z.int().min(0);

const rowFormat = z.enum(['json', 'csv']).default('json').meta({ description: '`csv`: all rows in one file, whatever `limit` and `cursor` say.' });

export const rowSchema = z
  .object({
    stripeSubscriptionId: z.string(),
    userId: z.string().nullable(),
    matchedBy: z.string().nullable(),
    packages: z.array(z.object({ packageId: z.string(), subscriptionId: z.string().nullable().meta({ description: 'null where a dry run would create it.' }), status: z.string() })),
    result: z.enum(ROW_RESULTS),
    reasons: z.array(z.string()),
    parkedItems: count,
  })
  .meta({ id: 'ImportRow' });
export type RowDto = z.output<typeof rowSchema>;
export const rowPage = pageOf('ImportRowPage', rowSchema);

export const rowQuery = z.strictObject({ ...pageQuery, result: z.enum(ROW_RESULTS).optional(), format: rowFormat });
export type RowQuery = z.output<typeof rowQuery>;
export const rowKey = z.tuple([z.string()]);

export const accessChangeSchema = z
  .object({
    userId: z.string(),
    gained: z.array(z.string()).meta({ description: 'Features that the user would have and has not.' }),
    lost: z.array(z.string()).meta({ description: 'Features that the user has and would not have.' }),
  })
  .meta({ id: 'ImportAccessChange' });
export type AccessChangeDto = z.output<typeof accessChangeSchema>;
export const accessChangePage = pageOf('ImportAccessChangePage', accessChangeSchema);
export const accessChangeQuery = z.strictObject(pageQuery);
export type AccessChangeQuery = z.output<typeof accessChangeQuery>;

export function toAccessChange({ userId, gained, lost }: ImportAccessChange): AccessChangeDto {
  return { userId, gained, lost };
}

export function toRow(row: ImportRow, userIds: ReadonlyMap<string, string>): RowDto {
  return {
    stripeSubscriptionId: row.stripeSubscriptionId,
    userId: row.userKey ? (userIds.get(row.userKey) ?? null) : (row.userId ?? null),
    matchedBy: row.matchedBy ?? null,
    packages: row.packages,
    result: row.result,
    reasons: row.reasons,
    parkedItems: row.parkedItems,
  };
}

/** The head of a file of rows, and a row's cells in its order. */
export const ROW_COLUMNS = ['stripeSubscriptionId', 'userId', 'matchedBy', 'result', 'packages', 'reasons', 'parkedItems'];

export function toCells({ stripeSubscriptionId, userId, matchedBy, result, packages, reasons, parkedItems }: RowDto): string[] {
  const held = packages.map(({ packageId, status }) => `${packageId} ${status}`);
  return [stripeSubscriptionId, userId ?? '', matchedBy ?? '', result, held.join('; '), reasons.join('; '), String(parkedItems)];
}

export const rowExample: RowDto = {
  stripeSubscriptionId: 'sub_1Q2w3E',
  userId: 'ann@example.com',
  matchedBy: 'EMAIL',
  packages: [{ packageId: 'team', subscriptionId: 'psub_06f3k2', status: 'ACTIVE' }],
  result: 'CREATED',
  reasons: ['PRICE_UNMAPPED'],
  parkedItems: 1,
};

export const accessChangeExample: AccessChangeDto = { userId: 'ann@example.com', gained: ['analytics', 'seats'], lost: [] };
