import { Controller, Get } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';

import { Operation } from '../openapi/operation.decorator.js';
import { fieldOwnership, type FieldOwnershipDto, fieldOwnershipExample, toFieldOwnership } from './ownership.dto.js';

@ApiTags('System')
@Controller('v1/field-ownership')
export class OwnershipController {
  @Get()
  @Operation({
    id: 'getFieldOwnership',
    summary: 'Who owns which field',
    description: 'Each field of what Kana and Stripe share has one owner, and only the owner’s word changes it. The same for every account.',
    ok: { status: 200, description: 'The whole table.', schema: fieldOwnership, example: fieldOwnershipExample },
  })
  get(): FieldOwnershipDto {
    return toFieldOwnership();
  }
}
