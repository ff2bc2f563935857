import type { BulkTable } from '@app/common';

/** The shapes in which this lib's tables take rows in bulk; a test compares them with the entities. */
export const EMAIL_CLAIM_TABLE: BulkTable = {
  name: 'email_claim',
  columns: { email_normalized: 'text' },
  key: ['email_normalized'],
};

export const STRIPE_CUSTOMER_TABLE: BulkTable = {
  name: 'stripe_customer',
  columns: {
    connection_id: 'text',
    id: 'text',
    email: 'text',
    email_normalized: 'text',
    name: 'text',
    deleted: 'boolean',
    user_id_hint: 'text',
    created_at: 'timestamptz',
    conflict: 'text',
    conflict_evidence: 'jsonb',
  },
  key: ['connection_id', 'id'],
};

export const USER_TABLE: BulkTable = {
  name: 'kana_user',
  columns: {
    key: 'text',
    id_source: 'text',
    name: 'text',
    name_source: 'text',
    email: 'text',
    email_source: 'text',
    email_normalized: 'text',
    email_verified: 'boolean',
    billing_id: 'text',
    billing_id_source: 'text',
    metadata: 'jsonb',
    created_at: 'timestamptz',
    updated_at: 'timestamptz',
  },
  key: ['key'],
};

export const USER_NAME_TABLE: BulkTable = {
  name: 'user_name',
  columns: { name: 'text', normalized: 'text', user_key: 'text', kind: 'text' },
  key: ['name'],
};

export const CUSTOMER_LINK_TABLE: BulkTable = {
  name: 'customer_link',
  columns: {
    connection_id: 'text',
    customer_id: 'text',
    user_key: 'text',
    matched_by: 'text',
    first_email: 'text',
    user_id_hint: 'text',
    matched_at: 'timestamptz',
  },
  key: ['connection_id', 'customer_id'],
};
