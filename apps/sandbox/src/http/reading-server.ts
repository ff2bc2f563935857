import type { FastifyReply, FastifyRequest } from 'fastify';
import { cutBody, resetConnection, stayMute } from '../faults/break-answer.js';
import type { Fate } from '../faults/fault-injector.js';
import type { DateStamper } from '../stamping/date-stamper.js';
import type { World } from '../write/act.js';
import type { Conditions } from './conditions.js';
import type { Endpoint } from './endpoint.js';
import { planExpansion } from './expand.js';
import { ApiFault, missing } from './faults.js';
import { idOf } from './gate.js';
import type { Gate } from './gate.js';
import { demand } from './keys.js';
import type { Key } from './keys.js';
import { Parameters } from './parameters.js';
import { readQuery } from './read-query.js';
import type { Query } from './read-query.js';
import { writeJson } from './write-json.js';

/** Answers what only reads. */
export class ReadingServer {
  constructor(
    private readonly world: World,
    private readonly gate: Gate,
    private readonly conditions: Conditions,
    private readonly dates: DateStamper,
  ) {}

  async serve(endpoint: Endpoint, request: FastifyRequest, reply: FastifyReply): Promise<object> {
    const { pattern, right } = endpoint;
    const { key, fate } = await this.gate.enter(request, { method: 'GET', pattern, right, access: 'read' });
    const answer = (): Promise<object> => this.dates.stamped(reply, () => this.answer(endpoint, request, key, fate));
    const { faults } = this.conditions;
    if (fate.spoil === 'slow') {
      faults.count('slow');
      await faults.slowness();
    }
    if (fate.spoil === undefined || fate.spoil === 'lostCursors' || fate.spoil === 'slow') {
      return reply.type('application/json; charset=utf-8').send(writeJson(await answer()));
    }
    faults.count(fate.spoil);
    if (fate.spoil === 'failing') throw serverError();
    if (fate.spoil === 'cut') cutBody(reply, await answer(), fate.measure);
    else if (fate.spoil === 'reset') resetConnection(reply);
    else await stayMute(reply, faults.silentMs);
    return reply;
  }

  private answer(endpoint: Endpoint, request: FastifyRequest, key: Key, fate: Fate): object {
    const { world } = this;
    const { store, view } = world;
    const query = readQuery(request.url.split('?')[1] ?? '');
    if (endpoint.answers.endsWith(' list')) this.disturbList(endpoint, query, fate);
    const parameters = new Parameters(query, endpoint.parameters, endpoint.notServed);
    const expansion = planExpansion(parameters.texts('expand'), endpoint.answers);
    demand(key, expansion.rights, store.account.id);
    return endpoint.answer({ world, store, view, key, parameters, id: idOf(request.params), tree: expansion.tree });
  }

  /** Shortens the page, or loses its cursor, if that is the request's fate. */
  private disturbList(endpoint: Endpoint, query: Query, { spoil, isShort, measure }: Fate): void {
    const cursor = query.get('starting_after');
    const limit = query.get('limit');
    if (spoil === 'lostCursors' && cursor?.kind === 'value') {
      this.conditions.faults.count(spoil);
      throw missing(endpoint.answers.replace(' list', ''), cursor.value, 'starting_after');
    }
    if (isShort && limit?.kind === 'value' && Number(limit.value) > 1) {
      this.conditions.faults.count('shortPages');
      query.set('limit', { kind: 'value', value: String(1 + Math.floor((measure * (Number(limit.value) - 1)) / 4)) });
    }
  }
}

export function serverError(): ApiFault {
  return new ApiFault({ status: 500, type: 'api_error', message: 'An unknown error occurred.' });
}
