import { Body, Controller, Param, Post, Res } from '@nestjs/common';
import { ApiHeader, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';

import { AskedBy, type CommandCaller } from '../commands/command-caller.decorator.js';
import { PREFER } from '../commands/command-operation.js';
import { type CommandDto, commandSchema } from '../commands/command.dto.js';
import { callerId } from '../http/schemas.js';
import { Operation } from '../openapi/operation.decorator.js';
import { type NewPriceInput, newPriceInput, queuedPriceExample } from './new-price.dto.js';
import { packageExample, packagePrice, type PackagePriceDto } from './package.dto.js';
import { PackagePriceDesk } from './package-price-desk.js';

@ApiTags('Catalog')
@Controller('v1/packages')
export class PackagePriceController {
  constructor(private readonly desk: PackagePriceDesk) {}

  @Post(':id/prices')
  @ApiHeader(PREFER)
  @Operation({
    id: 'createPackagePrice',
    summary: 'Make a price for a package in Stripe',
    description:
      'Kana asks Stripe for it by a command, and maps it to the package as soon as Stripe has made it: 202, with the command at its Location. The price is of the product that you name, or of the one of which the package’s other prices are, or, where there is none, of a new product with the package’s name. A draft may have prices; nobody gets it through them before it is published.',
    idempotency: 'required',
    bodyExample: { amount: 2000, currency: 'usd', interval: 'MONTH', nickname: 'monthly' },
    ok: { status: 202, description: 'The command, waiting to be sent.', schema: commandSchema, example: queuedPriceExample, headers: { Location: 'Where to follow the command.' } },
    orElse: { status: 201, description: 'With `Prefer: wait`: the new price, as the package has it.', schema: packagePrice, example: packageExample.prices[0] },
    errors: {
      400: ['connection_required'],
      404: ['package_not_found', 'connection_not_found'],
      409: ['connection_disconnected', 'product_ruled', 'stripe_refused', 'price_not_mapped'],
      422: ['package_archived', 'currency_unknown', 'amount_not_payable', 'interval_too_long', 'product_not_found', 'product_deleted', 'product_ambiguous'],
    },
  })
  async create(
    @Param('id', { schema: callerId }) id: string,
    @Body({ schema: newPriceInput }) input: NewPriceInput,
    @AskedBy() caller: CommandCaller,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<PackagePriceDto | CommandDto> {
    return this.desk.create(id, input, caller, reply);
  }
}
