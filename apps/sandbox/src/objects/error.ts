import type Stripe from 'stripe';

/** What went wrong, before the request's id is known. */
export interface Fault {
  status: 400 | 401 | 402 | 403 | 404 | 409 | 429 | 500;
  type: Extract<Stripe.RawErrorType, 'invalid_request_error' | 'api_error' | 'card_error' | 'idempotency_error'>;
  message: string;
  code?: string;
  /** Of a card: the issuer's reason. */
  declineCode?: string;
  param?: string;
  /** Beyond those of every answer. */
  headers?: Record<string, string>;
}

/** Stripe's error body. Absent fields are absent, not null. */
interface WireError {
  error: {
    type: Stripe.RawErrorType;
    message: string;
    code?: string;
    decline_code?: string;
    param?: string;
    doc_url?: string;
    request_log_url: string;
  };
}

export function buildError(fault: Fault, requestId: string): WireError {
  return {
    error: {
      ...(fault.code === undefined ? {} : { code: fault.code, doc_url: docUrl(fault.code) }),
      ...(fault.declineCode === undefined ? {} : { decline_code: fault.declineCode }),
      message: fault.message,
      ...(fault.param === undefined ? {} : { param: fault.param }),
      request_log_url: `https://dashboard.stripe.com/test/logs/${requestId}`,
      type: fault.type,
    },
  };
}

function docUrl(code: string): string {
  return `https://stripe.com/docs/error-codes/${code.replaceAll('_', '-')}`;
}
