import type { FastifyInstance, FastifyReply } from 'fastify';
import { completeSession, declineSession } from '../checkout/end-session.js';
import type { Payer } from '../checkout/end-session.js';
import { writePage } from '../checkout/page.js';
import type { StoredSession } from '../checkout/sessions.js';
import type { Checkouts } from '../in-process/checkouts.js';
import type { World } from '../write/act.js';
import { ApiFault, missing } from './faults.js';

interface Path {
  Params: { id: string };
}

const COMPLETION_SCHEMA = {
  type: 'object',
  additionalProperties: false,
  properties: {
    email: { type: 'string', minLength: 1, maxLength: 512 },
    name: { type: 'string', minLength: 1, maxLength: 256 },
    declined: { type: 'boolean' },
  },
} as const;

/** What somebody with a browser sees at a session's `url`, and what the two buttons do. No key is needed: the id is the secret. */
export function addCheckoutPages(app: FastifyInstance, world: World): void {
  app.get<Path>('/c/pay/:id', ({ params }, reply) => answerPage(reply, world, knownSession(world, params.id)));
  app.post<Path>('/c/pay/:id', ({ params, body }, reply) => {
    const form = new URLSearchParams(typeof body === 'string' ? body : '');
    return submit(reply, world, knownSession(world, params.id), form);
  });
}

/** The same without a browser. */
export function addCheckoutRoutes(routes: FastifyInstance, checkouts: Checkouts): void {
  routes.post<Path & { Body: Payer & { declined?: boolean } }>(
    '/_sandbox/checkout/sessions/:id/complete',
    { schema: { body: COMPLETION_SCHEMA } },
    ({ params, body: { declined, ...payer } }) => (declined ? checkouts.decline(params.id) : checkouts.complete(params.id, payer)),
  );
}

function submit(reply: FastifyReply, world: World, stored: StoredSession, form: URLSearchParams): FastifyReply {
  const [email, name] = [form.get('email')?.trim(), form.get('name')?.trim()];
  const payer: Payer = { ...(email ? { email } : {}), ...(name ? { name } : {}) };
  try {
    if (form.get('outcome') === 'decline') throw declineSession(world, stored.id);
    completeSession(world, stored.id, payer);
  } catch (error) {
    if (!(error instanceof ApiFault)) throw error;
    return answerPage(reply.status(error.fault.status), world, stored, { payer, refusal: error.fault.message });
  }
  const { success_url: next } = stored.session;
  return reply.redirect((next ?? '').replaceAll('{CHECKOUT_SESSION_ID}', stored.id), 303);
}

function answerPage(reply: FastifyReply, world: World, stored: StoredSession, typed?: { payer: Payer; refusal: string }): FastifyReply {
  return reply
    .type('text/html; charset=utf-8')
    .header('Content-Security-Policy', "default-src 'none'; style-src 'unsafe-inline'")
    .header('Cache-Control', 'no-store')
    .send(writePage(world, stored, typed));
}

function knownSession({ checkouts }: World, id: string): StoredSession {
  const stored = checkouts.get(id);
  if (!stored) throw missing('checkout.session', id, 'id');
  return stored;
}
