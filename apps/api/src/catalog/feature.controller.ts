import { FeatureService } from '@app/catalog';
import { Body, Controller, Get, Param, Patch, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';

import { decodeCursor, toPage } from '../http/cursor.js';
import { callerId, type Page } from '../http/schemas.js';
import { Operation } from '../openapi/operation.decorator.js';
import {
  catalogKey,
  featureChanges,
  type FeatureChangesDto,
  type FeatureDto,
  featureExample,
  featureInput,
  type FeatureInputDto,
  featurePage,
  featureQuery,
  type FeatureQuery,
  featureSchema,
  toFeatureDto,
} from './feature.dto.js';

@ApiTags('Catalog')
@Controller('v1/features')
export class FeatureController {
  constructor(private readonly features: FeatureService) {}

  @Post()
  @Operation({
    id: 'createFeature',
    summary: 'Create a feature',
    description: 'The id is yours and never changes; neither does the type. Unit labels are for consumable features.',
    bodyExample: { id: 'api-calls', name: 'API calls', type: 'CONSUMABLE', unitLabel: 'call', unitLabelPlural: 'calls' },
    ok: { status: 201, description: 'The new feature.', schema: featureSchema, example: featureExample },
    errors: { 409: ['feature_exists'], 422: ['unit_label_invalid'] },
  })
  async create(@Body({ schema: featureInput }) input: FeatureInputDto): Promise<FeatureDto> {
    return toFeatureDto(await this.features.create(input));
  }

  @Get()
  @Operation({
    id: 'listFeatures',
    summary: 'List features',
    description: 'In the order of their ids.',
    ok: { status: 200, description: 'A page of features.', schema: featurePage, example: { data: [featureExample], hasMore: false, nextCursor: null } },
    errors: { 400: ['cursor_invalid'] },
  })
  async list(@Query({ schema: featureQuery }) { cursor, limit, q, type }: FeatureQuery): Promise<Page<FeatureDto>> {
    const after = cursor === undefined ? undefined : decodeCursor(cursor, catalogKey)[0];
    const rows = await this.features.list({ after, q, limit: limit + 1 }, { type });
    return toPage(rows, limit, ({ id }) => [id], toFeatureDto);
  }

  @Get(':id')
  @Operation({
    id: 'getFeature',
    summary: 'Get a feature',
    description: 'By its id.',
    ok: { status: 200, description: 'The feature.', schema: featureSchema, example: featureExample },
    errors: { 404: ['feature_not_found'] },
  })
  async get(@Param('id', { schema: callerId }) id: string): Promise<FeatureDto> {
    return toFeatureDto(await this.features.get(id));
  }

  @Patch(':id')
  @Operation({
    id: 'updateFeature',
    summary: 'Change a feature',
    description: 'What is left out stays as it is. Packages that do not name the feature themselves show the new name.',
    bodyExample: { name: 'API requests', unitLabel: 'request', unitLabelPlural: 'requests' },
    ok: { status: 200, description: 'The feature as it is now.', schema: featureSchema, example: featureExample },
    errors: { 404: ['feature_not_found'], 409: ['feature_type_immutable'], 422: ['unit_label_invalid'] },
  })
  async update(@Param('id', { schema: callerId }) id: string, @Body({ schema: featureChanges }) changes: FeatureChangesDto): Promise<FeatureDto> {
    return toFeatureDto(await this.features.edit(id, changes));
  }
}
