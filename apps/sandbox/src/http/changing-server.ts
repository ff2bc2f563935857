import type { FastifyReply, FastifyRequest } from 'fastify';
import { cutBody, resetConnection, stayMute } from '../faults/break-answer.js';
import type { Fate } from '../faults/fault-injector.js';
import { buildError } from '../objects/error.js';
import type { DateStamper } from '../stamping/date-stamper.js';
import { Act } from '../write/act.js';
import type { Shown, World } from '../write/act.js';
import type { ChangingEndpoint } from '../write/changing-endpoints.js';
import { parseForm } from '../write/form.js';
import type { Form } from '../write/form.js';
import type { Idempotency, SavedAnswer } from '../write/idempotency.js';
import { list, text } from '../write/readers.js';
import type { Conditions } from './conditions.js';
import { planExpansion } from './expand.js';
import type { ExpandTree } from './expand.js';
import { ApiFault, badRequest } from './faults.js';
import { headerOf, idOf } from './gate.js';
import type { Gate } from './gate.js';
import { demand } from './keys.js';
import type { Key } from './keys.js';
import { serverError } from './reading-server.js';

/** One request to change something, read as far as nothing has happened yet. */
interface Prepared {
  change: (act: Act) => Shown;
  tree: ExpandTree;
  requestId: string;
  /** As it was sent; DELETE calls carry it for the log only. */
  idempotencyKey: string | null;
  isMutation: boolean;
}

/** Answers what changes the account, once for each idempotency key. */
export class ChangingServer {
  constructor(
    private readonly world: World,
    private readonly gate: Gate,
    private readonly conditions: Conditions,
    private readonly dates: DateStamper,
    private readonly idempotency: Idempotency,
  ) {}

  async serve(endpoint: ChangingEndpoint, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const { method, pattern, right } = endpoint;
    const { key, fate } = await this.gate.enter(request, { method, pattern, right, access: 'write' });
    const parameters = parametersOf(request);
    const idempotencyKey = headerOf(request, 'idempotency-key') ?? null;
    if (method !== 'POST' || idempotencyKey === null) {
      const prepared = this.prepare(endpoint, request, { reply, key, parameters, idempotencyKey });
      return this.send(reply, await this.perform(prepared, reply, fate), fate);
    }
    void reply.header('Idempotency-Key', idempotencyKey);
    const target = request.url.split('?')[0] ?? '';
    const saved = this.idempotency.begin(idempotencyKey, { target, parameters: canonical(parameters) });
    if (saved) return this.send(reply, replayed(reply, saved), fate);
    return this.serveFirst(idempotencyKey, reply, fate, () =>
      this.prepare(endpoint, request, { reply, key, parameters, idempotencyKey }),
    );
  }

  /** What was refused as ill-formed, or never arrived, leaves the key unused; everything else is its answer from now on. */
  private async serveFirst(key: string, reply: FastifyReply, fate: Fate, prepare: () => Prepared): Promise<FastifyReply> {
    let answer: SavedAnswer | undefined;
    try {
      answer = await this.perform(prepare(), reply, fate);
    } finally {
      if (answer) this.idempotency.save(key, answer);
      else this.idempotency.forget(key);
    }
    return this.send(reply, answer, fate);
  }

  private prepare(
    endpoint: ChangingEndpoint,
    request: FastifyRequest,
    { reply, key, parameters, idempotencyKey }: { reply: FastifyReply; key: Key; parameters: string; idempotencyKey: string | null },
  ): Prepared {
    const form = parseForm(parameters);
    const change = endpoint.prepare(form);
    const expansion = planExpansion(expandOf(form), endpoint.answers);
    demand(key, expansion.rights, this.world.store.account.id);
    const id = idOf(request.params);
    return { change: (act) => change(act, id), tree: expansion.tree, requestId: String(reply.getHeader('Request-Id')), idempotencyKey, isMutation: !endpoint.changesNothing };
  }

  /** The answer, or undefined when the request is lost before it has any effect. */
  private async perform(prepared: Prepared, reply: FastifyReply, fate: Fate): Promise<SavedAnswer | undefined> {
    const { requestId } = prepared;
    const mayBeLost = fate.spoil === 'failing' || fate.spoil === 'reset' || fate.spoil === 'silent';
    const hasEffect = !mayBeLost || this.conditions.faults.appliesFirst(fate);
    const answer = hasEffect ? await this.dates.stamped(reply, () => this.execute(prepared)) : undefined;
    // It has taken effect and is not answered: whoever asks again meanwhile finds the key in use.
    if (fate.spoil === 'slow') await this.conditions.faults.slowness();
    if (fate.spoil !== 'failing') return answer;
    const { fault } = serverError();
    return { status: fault.status, body: buildError(fault, requestId), requestId };
  }

  private execute({ change, tree, requestId, idempotencyKey, isMutation }: Prepared): SavedAnswer {
    const { world } = this;
    try {
      const shown = change(new Act(world, { requestId, idempotencyKey }));
      if (isMutation && idempotencyKey !== null) this.idempotency.countMutation(idempotencyKey);
      return { status: 200, body: shown(world.view, tree), requestId };
    } catch (error) {
      if (!(error instanceof ApiFault)) throw error;
      return { status: error.fault.status, body: buildError(error.fault, requestId), requestId };
    }
  }

  private async send(reply: FastifyReply, answer: SavedAnswer | undefined, fate: Fate): Promise<FastifyReply> {
    const { faults } = this.conditions;
    const { spoil } = fate;
    if (spoil !== undefined && spoil !== 'lostCursors') faults.count(spoil);
    if (spoil === 'reset') resetConnection(reply);
    else if (spoil === 'silent') await stayMute(reply, faults.silentMs);
    else if (answer && spoil === 'cut') cutBody(reply.status(answer.status), answer.body, fate.measure);
    else if (answer) await reply.status(answer.status).send(answer.body);
    return reply;
  }
}

function replayed(reply: FastifyReply, saved: SavedAnswer): SavedAnswer {
  void reply.header('Idempotent-Replayed', 'true').header('Original-Request', saved.requestId);
  return saved;
}

/** Of a POST the body counts; a DELETE names its parameters in the URL, or in a body as curl sends it. */
function parametersOf(request: FastifyRequest): string {
  const { body } = request;
  if (typeof body === 'string' && body !== '') return body;
  if (typeof body === 'object' && body !== null) {
    throw badRequest('Invalid request (check that your POST content type is application/x-www-form-urlencoded).');
  }
  return request.method === 'DELETE' ? (request.url.split('?')[1] ?? '') : '';
}

function canonical(parameters: string): string {
  return parameters.split('&').toSorted().join('&');
}

function expandOf(form: Form): string[] {
  const paths = form.get('expand');
  return paths === undefined ? [] : list(text)(paths, 'expand');
}
