import { ConnectionService } from '@app/stripe';
import { Body, Controller, Get, Headers, Param, Post, Put, Query, Res } from '@nestjs/common';
import { ApiHeader, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';

import { decodeCursor, toPage } from '../http/cursor.js';
import { IF_MATCH, revisionOf } from '../http/etag.js';
import { type Page, stripeId } from '../http/schemas.js';
import { Operation } from '../openapi/operation.decorator.js';
import { AddonDesk } from './addon-desk.js';
import { type AddonInput, addonInput, type AllMappedDto, type IgnoreInput, ignoreInput, type MappedDto, type MappingInput, mappingInput, type MappingsInput, mappingsInput, type PriceDto, priceKey, type PriceQuery, priceQuery } from './price.dto.js';
import { PriceDesk } from './price-desk.js';
import { priceOperations } from './price-operations.js';
import { PriceQueries } from './price.queries.js';
import { tagged } from './tag-price.js';

/** Prices of the only connected account. */
@ApiTags('Price mapping')
@Controller('v1/stripe')
export class PriceController {
  constructor(
    private readonly connections: ConnectionService,
    private readonly prices: PriceQueries,
    private readonly desk: PriceDesk,
    private readonly addons: AddonDesk,
  ) {}

  @Get('prices')
  @Operation(priceOperations.list)
  async list(@Query({ schema: priceQuery }) { limit, cursor, connectionId, ...filter }: PriceQuery): Promise<Page<PriceDto>> {
    const { id } = await this.connections.resolve(connectionId);
    const after = cursor === undefined ? undefined : decodeCursor(cursor, priceKey);
    const prices = await this.prices.list({ ...filter, connectionId: id, after, limit: limit + 1 });
    return toPage(prices, limit, (price) => [price.product.name, price.id], (price) => price);
  }

  @Get('prices/:priceId')
  @Operation(priceOperations.get)
  async get(@Param('priceId', { schema: stripeId }) priceId: string, @Res({ passthrough: true }) reply: FastifyReply): Promise<PriceDto> {
    return tagged(await this.prices.get(await this.only(), priceId), reply);
  }

  @Put('prices/:priceId/mapping')
  @ApiHeader(IF_MATCH)
  @Operation(priceOperations.map)
  async map(@Param('priceId', { schema: stripeId }) priceId: string, @Body({ schema: mappingInput }) { packageId }: MappingInput, @Headers('if-match') ifMatch: string | undefined, @Res({ passthrough: true }) reply: FastifyReply): Promise<MappedDto> {
    const mapped = await this.desk.mapOne(await this.only(), { priceId, packageId, expectedRevision: revisionOf(ifMatch) });
    tagged(mapped.price, reply);
    return mapped;
  }

  @Put('mappings')
  @Operation(priceOperations.mapMany)
  async mapMany(@Body({ schema: mappingsInput }) { connectionId, mappings }: MappingsInput): Promise<AllMappedDto> {
    const { id } = await this.connections.resolve(connectionId);
    return this.desk.map(id, mappings);
  }

  @Post('prices/:priceId/ignore')
  @Operation(priceOperations.ignore)
  async ignore(@Param('priceId', { schema: stripeId }) priceId: string, @Body({ schema: ignoreInput }) { reason }: IgnoreInput): Promise<PriceDto> {
    return this.desk.ignore(await this.only(), priceId, reason);
  }

  @Post('prices/:priceId/unignore')
  @Operation(priceOperations.unignore)
  async unignore(@Param('priceId', { schema: stripeId }) priceId: string): Promise<PriceDto> {
    return this.desk.ignore(await this.only(), priceId, null);
  }

  @Post('prices/:priceId/generate-addon')
  @Operation(priceOperations.generateAddon)
  async generateAddon(@Param('priceId', { schema: stripeId }) priceId: string, @Body({ schema: addonInput }) input: AddonInput): Promise<MappedDto> {
    return this.addons.generate(await this.only(), priceId, input);
  }

  private async only(): Promise<string> {
    return (await this.connections.resolve(undefined)).id;
  }
}
