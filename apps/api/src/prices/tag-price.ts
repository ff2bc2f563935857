import type { FastifyReply } from 'fastify';

import { etagOf } from '../http/etag.js';
import type { PriceDto } from './price.dto.js';

/** Puts the revision of a price's mapping into the answer's ETag; an unmapped price is at revision 0. */
export function tagged(price: PriceDto, reply: FastifyReply): PriceDto {
  void reply.header('ETag', etagOf(price.mapping?.revision ?? 0));
  return price;
}
