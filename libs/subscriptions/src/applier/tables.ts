import type { BulkTable } from '@app/common';

export const STRIPE_SUBSCRIPTION_TABLE: BulkTable = {
  name: 'stripe_subscription',
  columns: {
    connection_id: 'text',
    id: 'text',
    customer_id: 'text',
    status: 'text',
    live: 'boolean',
    currency: 'text',
    created_at: 'timestamptz',
    start_date: 'timestamptz',
    trial_end: 'timestamptz',
    cancel_at: 'timestamptz',
    cancel_at_period_end: 'boolean',
    canceled_at: 'timestamptz',
    ended_at: 'timestamptz',
    pause_behavior: 'text',
    pause_resumes_at: 'timestamptz',
    schedule_id: 'text',
  },
  key: ['connection_id', 'id'],
};

export const STRIPE_ITEM_TABLE: BulkTable = {
  name: 'stripe_subscription_item',
  columns: {
    connection_id: 'text',
    id: 'text',
    subscription_id: 'text',
    price_id: 'text',
    product_id: 'text',
    quantity: 'bigint',
    current_period_start: 'timestamptz',
    current_period_end: 'timestamptz',
    created_at: 'timestamptz',
    parked_reason: 'text',
  },
  key: ['connection_id', 'id'],
};

export const PACKAGE_SUBSCRIPTION_TABLE: BulkTable = {
  name: 'package_subscription',
  columns: {
    id: 'text',
    user_key: 'text',
    package_id: 'text',
    status: 'text',
    stripe_status: 'text',
    source: 'text',
    quantity: 'bigint',
    gives_access: 'boolean',
    access_until: 'timestamptz',
    started_at: 'timestamptz',
    current_period_start: 'timestamptz',
    current_period_end: 'timestamptz',
    trial_end: 'timestamptz',
    cancel_at: 'timestamptz',
    cancel_at_period_end: 'boolean',
    pause_behavior: 'text',
    pause_resumes_at: 'timestamptz',
    ended_at: 'timestamptz',
    usage_anchor: 'timestamptz',
    continues: 'text',
    connection_id: 'text',
    stripe_subscription_id: 'text',
    stripe_item_id: 'text',
    stripe_price_id: 'text',
    projection_key: 'text',
    created_at: 'timestamptz',
    updated_at: 'timestamptz',
  },
  key: ['id'],
};

export const ENTITLEMENT_CHANGE_TABLE: BulkTable = {
  name: 'entitlement_change',
  columns: {
    user_key: 'text',
    package_subscription_id: 'text',
    cause: 'text',
    cause_id: 'text',
    before: 'jsonb',
    after: 'jsonb',
    changed_at: 'timestamptz',
  },
  key: ['id'],
};
