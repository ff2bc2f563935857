import { ConnectionService } from '@app/stripe';
import { Body, Controller, Get, Headers, Param, Patch, Post, Put, Res } from '@nestjs/common';
import { ApiHeader, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';

import { IF_MATCH, revisionOf } from '../http/etag.js';
import { callerId, stripeId } from '../http/schemas.js';
import { Operation, type OperationOptions } from '../openapi/operation.decorator.js';
import { AddonDesk } from './addon-desk.js';
import { type AddonInput, addonInput, convertedExample, convertedSchema, type ConvertedDto, type IgnoreInput, ignoreInput, type MappedDto, type MappingInput, mappingInput, type PriceDto, type ProductChanges, productChanges } from './price.dto.js';
import { PriceDesk } from './price-desk.js';
import { priceOperations } from './price-operations.js';
import { PriceQueries } from './price.queries.js';
import { tagged } from './tag-price.js';

const ofConnection = (operation: OperationOptions): OperationOptions => ({
  ...operation,
  id: `${operation.id}OfConnection`,
  summary: `${operation.summary} (of a named account)`,
});

/** The same as under `stripe/prices`, for deployments with several Stripe accounts (rule N3). */
@ApiTags('Price mapping')
@Controller('v1/stripe/connections/:connectionId')
export class ConnectionPriceController {
  constructor(
    private readonly connections: ConnectionService,
    private readonly prices: PriceQueries,
    private readonly desk: PriceDesk,
    private readonly addons: AddonDesk,
  ) {}

  @Get('prices/:priceId')
  @Operation(ofConnection(priceOperations.get))
  async get(@Param('connectionId', { schema: callerId }) connectionId: string, @Param('priceId', { schema: stripeId }) priceId: string, @Res({ passthrough: true }) reply: FastifyReply): Promise<PriceDto> {
    return tagged(await this.prices.get(await this.named(connectionId), priceId), reply);
  }

  @Put('prices/:priceId/mapping')
  @ApiHeader(IF_MATCH)
  @Operation(ofConnection(priceOperations.map))
  async map(@Param('connectionId', { schema: callerId }) connectionId: string, @Param('priceId', { schema: stripeId }) priceId: string, @Body({ schema: mappingInput }) { packageId }: MappingInput, @Headers('if-match') ifMatch: string | undefined, @Res({ passthrough: true }) reply: FastifyReply): Promise<MappedDto> {
    const mapped = await this.desk.mapOne(await this.named(connectionId), { priceId, packageId, expectedRevision: revisionOf(ifMatch) });
    tagged(mapped.price, reply);
    return mapped;
  }

  @Post('prices/:priceId/ignore')
  @Operation(ofConnection(priceOperations.ignore))
  async ignore(@Param('connectionId', { schema: callerId }) connectionId: string, @Param('priceId', { schema: stripeId }) priceId: string, @Body({ schema: ignoreInput }) { reason }: IgnoreInput): Promise<PriceDto> {
    return this.desk.ignore(await this.named(connectionId), priceId, reason);
  }

  @Post('prices/:priceId/unignore')
  @Operation(ofConnection(priceOperations.unignore))
  async unignore(@Param('connectionId', { schema: callerId }) connectionId: string, @Param('priceId', { schema: stripeId }) priceId: string): Promise<PriceDto> {
    return this.desk.ignore(await this.named(connectionId), priceId, null);
  }

  @Post('prices/:priceId/generate-addon')
  @Operation(ofConnection(priceOperations.generateAddon))
  async generateAddon(@Param('connectionId', { schema: callerId }) connectionId: string, @Param('priceId', { schema: stripeId }) priceId: string, @Body({ schema: addonInput }) input: AddonInput): Promise<MappedDto> {
    return this.addons.generate(await this.named(connectionId), priceId, input);
  }

  @Patch('products/:productId')
  @Operation({
    id: 'changeStripeProduct',
    summary: 'Name a product’s base package',
    description: 'A Stripe subscription with a price of this product then stands, as a whole, for that base package, once, beside its items. Stored subscriptions follow at once.',
    bodyExample: { basePackageId: 'team' },
    ok: { status: 200, description: 'What it converted.', schema: convertedSchema, example: convertedExample },
    errors: { 404: ['connection_not_found', 'product_not_found', 'package_not_found'], 422: ['base_package_invalid'] },
  })
  async changeProduct(@Param('connectionId', { schema: callerId }) connectionId: string, @Param('productId', { schema: stripeId }) productId: string, @Body({ schema: productChanges }) { basePackageId }: ProductChanges): Promise<ConvertedDto> {
    return this.desk.nameBasePackage(await this.named(connectionId), productId, basePackageId);
  }

  private async named(id: string): Promise<string> {
    return (await this.connections.get(id)).id;
  }
}
