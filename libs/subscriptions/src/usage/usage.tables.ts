import type { BulkTable } from '@app/common';

export const USAGE_RECORD_TABLE: BulkTable = {
  name: 'usage_record',
  columns: {
    id: 'text',
    user_key: 'text',
    feature_id: 'text',
    action: 'text',
    delta: 'bigint',
    amount: 'bigint',
    total: 'bigint',
    period_start: 'timestamptz',
    period_end: 'timestamptz',
    occurred_at: 'timestamptz',
    recorded_at: 'timestamptz',
    api_key_id: 'text',
    idempotency_key: 'text',
    request_hash: 'text',
  },
  key: ['id'],
};

export const USAGE_COUNTER_TABLE: BulkTable = {
  name: 'usage_counter',
  columns: { user_key: 'text', feature_id: 'text', period_start: 'timestamptz', period_end: 'timestamptz', used: 'bigint' },
  key: ['user_key', 'feature_id'],
};
