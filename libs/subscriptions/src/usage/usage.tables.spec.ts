import { UsageCounter, UsageRecord } from '@app/subscriptions';
import { describe, expect, it } from '@jest/globals';

import { bulkTableOf } from '../../../../test/support/bulk-table.js';
import { USAGE_COUNTER_TABLE, USAGE_RECORD_TABLE } from './usage.tables.js';

describe('the bulk shapes of the tables of usage', () => {
  it.each([
    ['UsageRecord', USAGE_RECORD_TABLE, UsageRecord],
    ['UsageCounter', USAGE_COUNTER_TABLE, UsageCounter],
  ])('the shape of %s has the columns, the types and the key of the entity', (_name, table, entity) => {
    expect(table).toEqual(bulkTableOf(entity));
  });
});
