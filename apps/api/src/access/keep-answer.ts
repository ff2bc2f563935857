import type { IdempotencyLedger, KeptAnswer } from '@app/access';
import { Logger } from '@nestjs/common';
import type { FastifyReply, onSendAsyncHookHandler } from 'fastify';

import './changing-call.interceptor.js';

/** What a replay needs of the first answer beside its body. */
const KEPT_HEADERS = ['content-type', 'location', 'etag'];

/**
 * Keeps the answer to a call with an idempotency key, whoever gave it, before it goes out. Where that fails the answer
 * goes out all the same: a repetition is then told that the change was made and the answer lost.
 */
export function keepAnswer(ledger: IdempotencyLedger): onSendAsyncHookHandler {
  const logger = new Logger('Idempotency');
  return async (request, reply, payload: unknown) => {
    const { heldCall } = request;
    if (heldCall !== undefined) {
      delete request.heldCall;
      const { hold, answerHoldsSecret } = heldCall;
      const isSuccess = reply.statusCode < 300;
      try {
        await (reply.statusCode >= 500
          ? ledger.release(hold)
          : ledger.complete(hold, answerHoldsSecret && isSuccess ? null : answerOf(reply, payload)));
      } catch (error) {
        logger.warn({ err: error, route: hold.route }, 'The answer to an idempotent call could not be kept');
      }
    }
    return payload;
  };
}

function answerOf(reply: FastifyReply, payload: unknown): KeptAnswer {
  const headers = KEPT_HEADERS.flatMap((name) => {
    const value = reply.getHeader(name);
    return value === undefined ? [] : [[name, String(value)] as const];
  });
  const body = typeof payload === 'string' || Buffer.isBuffer(payload) ? payload.toString() : '';
  return { status: reply.statusCode, headers: Object.fromEntries(headers), body };
}
