import type { KeptAnswer } from '@app/access';
import type { FastifyReply } from 'fastify';

/** Thrown in place of an operation whose answer is known: the answer was given before, to the same idempotency key. */
export class ReplayedAnswer extends Error {
  constructor(readonly answer: KeptAnswer) {
    super('This call was answered before.');
    this.name = 'ReplayedAnswer';
  }
}

/** The first answer, byte for byte. Its body keeps the first request's id; the header tells this one's. */
export function sendAgain({ answer }: ReplayedAnswer, reply: FastifyReply): void {
  void reply.status(answer.status).headers({ ...answer.headers, 'Idempotent-Replayed': 'true' });
  if (answer.body === '') {
    void reply.send();
    return;
  }
  void reply.serializer(asIs).send(answer.body);
}

function asIs(payload: unknown): string {
  return String(payload);
}
