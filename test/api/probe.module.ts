import { conflict, invalid, KanaError, notFound, refused, sqlRows } from '@app/common';
import { EntityManager } from '@mikro-orm/postgresql';
import { Body, Controller, Get, Module, Param, Post, Query } from '@nestjs/common';
import { PinoLogger } from 'nestjs-pino';
import { z } from 'zod';

import { Rules } from '../../apps/api/src/access/operation-rules.decorator.js';
import { Public } from '../../apps/api/src/access/public.decorator.js';
import { RequestedBy } from '../../apps/api/src/access/requested-by.decorator.js';
import { decodeCursor, toPage } from '../../apps/api/src/http/cursor.js';
import { callerId, metadata, pageQuery } from '../../apps/api/src/http/schemas.js';

const thing = z.strictObject({ id: callerId, parts: z.array(z.strictObject({ name: z.string().min(1) })).default([]), metadata: metadata.optional() });
const list = z.strictObject({ ...pageQuery });
const kind = z.enum(['invalid', 'not-found', 'conflict', 'precondition', 'refused', 'unavailable', 'bug', 'sql']);

const ERRORS: Record<string, () => Error> = {
  invalid: () => invalid('thing_invalid', 'The thing is not valid.'),
  'not-found': () => notFound('thing_not_found', 'There is no such thing.'),
  conflict: () => new KanaError('CONFLICT', 'thing_running', 'The thing runs already.', [], '/v1/things/1'),
  precondition: () => new KanaError('PRECONDITION_FAILED', 'thing_changed', 'The thing has changed.'),
  refused: () => refused('thing_refused', 'A rule says no.', [{ pointer: '/parts/0', detail: 'is too much' }]),
  unavailable: () => new KanaError('UNAVAILABLE', 'stripe_unavailable', 'Stripe does not answer.'),
  bug: () => new TypeError('secret detail of a bug'),
};

/** An operation of each kind, to look at what every operation shares. */
@Controller('v1/things')
class ProbeController {
  constructor(
    private readonly em: EntityManager,
    private readonly logger: PinoLogger,
  ) {}

  @Post()
  @Rules({ id: 'createThing' })
  async create(@Body({ schema: thing }) input: z.output<typeof thing>, @RequestedBy() requestedBy: string) {
    const [row] = await sqlRows<{ one: number }>(this.em, 'select 1 as one');
    return { input, requestedBy, one: row?.one, log: this.logger.logger.bindings(), isOwn: this.em.getContext() !== this.em };
  }

  @Get()
  @Rules({ id: 'listThings' })
  list(@Query({ schema: list }) query: z.output<typeof list>) {
    const after = query.cursor === undefined ? 0 : decodeCursor(query.cursor, z.tuple([z.int().min(0)]))[0];
    const rows = Array.from({ length: 7 }, (_, index) => index + 1).filter((row) => row > after);
    return toPage(rows.slice(0, query.limit + 1), query.limit, (row) => [row], (row) => ({ row }));
  }

  @Get('public')
  @Public()
  open() {
    return { open: true };
  }

  @Get('errors/:kind')
  @Rules({ id: 'failThing' })
  async fail(@Param('kind', { schema: kind }) name: z.output<typeof kind>) {
    if (name === 'sql') {
      await sqlRows(this.em, `select 'secret' from no_such_table`);
    }
    throw ERRORS[name]?.() ?? conflict('thing_unknown', 'No such error.');
  }

  @Get(':id/parts/:part')
  @Rules({ id: 'getPart' })
  part(@Param('id', { schema: callerId }) id: string, @Param('part', { schema: callerId }) part: string) {
    return { id, part };
  }
}

@Module({ controllers: [ProbeController] })
export class ProbeModule {}
