import { createHash } from 'node:crypto';

import { type Hold, IdempotencyLedger } from '@app/access';
import { assertNever, conflict, invalid, refused } from '@app/common';
import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { mergeMap, type Observable } from 'rxjs';

import { CallContext, type ChangingCall } from '../audit/call-context.js';
import { CallRecorder } from '../audit/call-recorder.js';
import { noteCall } from '../audit/note-call.js';
import { findFlaw } from '../http/find-flaw.js';
import { pointerOf } from '../http/problem.js';
import { ReplayedAnswer } from '../http/replayed-answer.js';
import { RequestInvalidError } from '../http/request-validation.pipe.js';
import { OperationCatalog } from './operation-catalog.js';
import { readIdempotencyKey } from './read-idempotency-key.js';
import type { OperationRules } from './resolve-rules.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** The attempt whose answer is to be kept (keep-answer.ts). */
    heldCall?: { hold: Hold; answerHoldsSecret: boolean };
  }
}

/** Before a changing operation: is it a repetition? After it: is it written down? */
@Injectable()
export class ChangingCallInterceptor implements NestInterceptor {
  constructor(
    private readonly operations: OperationCatalog,
    private readonly idempotency: IdempotencyLedger,
    private readonly calls: CallContext,
    private readonly recorder: CallRecorder,
  ) {}

  async intercept(context: ExecutionContext, next: CallHandler): Promise<Observable<unknown>> {
    const rules = this.operations.rulesOf(context.getHandler());
    if (rules === undefined || (rules.idempotency === 'none' && !rules.isAudited)) {
      return next.handle();
    }
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    refuseUnreadableBody(request.body);
    const hold = await this.hold(request, rules);
    if (hold === null && !rules.isAudited) {
      return next.handle();
    }
    const call: ChangingCall = { note: rules.isAudited ? noteCall(request, rules.id) : null, hold };
    this.calls.begin(call);
    return next.handle().pipe(
      mergeMap(async (answer: unknown) => {
        await this.recorder.recordUnlessDone(call);
        return answer;
      }),
    );
  }

  private async hold(request: FastifyRequest, rules: OperationRules): Promise<Hold | null> {
    const key = rules.idempotency === 'none' ? undefined : readIdempotencyKey(request.headers['idempotency-key']);
    if (key === undefined && (rules.idempotency === 'required' || rules.idempotency === 'own')) {
      throw invalid('idempotency_key_required', 'Send an Idempotency-Key (a UUID, say): the same one when you repeat this call, a new one for a new call.');
    }
    if (key === undefined || rules.idempotency === 'own') {
      return null;
    }
    const hold = await this.reserve(request, key);
    request.heldCall = { hold, answerHoldsSecret: rules.answerHoldsSecret };
    return hold;
  }

  private async reserve(request: FastifyRequest, key: string): Promise<Hold> {
    const route = `${request.method} ${request.routeOptions.url ?? ''}`;
    const reserved = await this.idempotency.reserve({ apiKeyId: request.apiKeyId ?? '', route, key, fingerprint: fingerprintOf(request) });
    switch (reserved.kind) {
      case 'GO':
        return reserved.hold;
      case 'REPLAY':
        throw new ReplayedAnswer(reserved.answer);
      case 'IN_FLIGHT':
        throw conflict('idempotency_in_flight', 'The first call with this Idempotency-Key is still under way. Repeat this one shortly.');
      case 'ANSWER_LOST':
        throw conflict('idempotency_answer_lost', 'The first call with this Idempotency-Key made its change, but its answer was lost. Look at what is there; use a new key for a new call.');
      case 'WITHHELD':
        throw conflict('idempotency_answer_withheld', 'This call was made before with this Idempotency-Key. Its answer showed a secret, which is shown once and kept nowhere. If it is lost, revoke it and make a new one with a new Idempotency-Key.');
      case 'REUSED':
        throw refused('idempotency_key_reused', 'This Idempotency-Key belongs to another request. Use a new one for a new call.');
      default:
        return assertNever(reserved);
    }
  }
}

/** A body that nests without end would exhaust the stack here, before any schema sees it. */
function refuseUnreadableBody(body: unknown): void {
  const flaw = findFlaw(body);
  if (flaw !== undefined) {
    throw new RequestInvalidError([{ pointer: pointerOf(flaw.path), detail: flaw.detail }]);
  }
}

/** The address as it was sent, and the body as it was read. */
function fingerprintOf(request: FastifyRequest): string {
  return createHash('sha256').update(request.url).update('\0').update(JSON.stringify(request.body ?? null)).digest('hex');
}
