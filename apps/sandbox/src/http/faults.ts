import type { Fault } from '../objects/error.js';

/** An answer that is an error in Stripe's own terms. Thrown anywhere below a request, told by the server. */
export class ApiFault extends Error {
  constructor(readonly fault: Fault) {
    super(fault.message);
    this.name = 'ApiFault';
  }
}

type Details = Pick<Fault, 'code' | 'param'>;

export function badRequest(message: string, details: Details = {}): ApiFault {
  return new ApiFault({ status: 400, type: 'invalid_request_error', message, ...details });
}

export function unauthorized(message: string, details: Details = {}): ApiFault {
  return new ApiFault({ status: 401, type: 'invalid_request_error', message, ...details });
}

export function forbidden(message: string, details: Details = {}): ApiFault {
  return new ApiFault({ status: 403, type: 'invalid_request_error', message, ...details });
}

/** An id that nothing has: 404 when it stands in the path, 400 when it is a parameter. */
export function missing(noun: string, id: string, param: string): ApiFault {
  const status = param === 'id' ? 404 : 400;
  const message = `No such ${noun}: '${id}'`;
  return new ApiFault({ status, type: 'invalid_request_error', code: 'resource_missing', message, param });
}

export function unknownUrl(method: string, path: string): ApiFault {
  const message =
    `Unrecognized request URL (${method}: ${path}). Please see https://stripe.com/docs. ` +
    'If Stripe knows this URL, it is this sandbox that does not serve it yet.';
  return new ApiFault({ status: 404, type: 'invalid_request_error', message });
}
