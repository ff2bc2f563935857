import { PackageLifecycleService, PackageService, type PackageView } from '@app/catalog';
import { Body, Controller, Delete, Get, Headers, Param, Patch, Post, Query, Res } from '@nestjs/common';
import { ApiHeader, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';

import { ConversionDesk } from '../conversions/conversion-desk.js';
import { decodeCursor, toPage } from '../http/cursor.js';
import { ETAG_HEADER, etagOf, IF_MATCH, revisionOf } from '../http/etag.js';
import { callerId, type Page } from '../http/schemas.js';
import { Operation } from '../openapi/operation.decorator.js';
import { catalogKey } from './feature.dto.js';
import { PackagePricesQueries } from './package-prices.queries.js';
import {
  draftExample,
  packageChanges,
  type PackageChangesDto,
  packageCopy,
  type PackageCopyDto,
  type PackageDto,
  packageExample,
  packageInput,
  type PackageInputDto,
  packagePage,
  packageQuery,
  type PackageQuery,
  packageSchema,
  toPackageDto,
} from './package.dto.js';

const DRAFT_FAULTS = ['feature_not_found', 'feature_duplicate', 'limit_on_binary', 'limit_required', 'base_package_invalid'];

@ApiTags('Catalog')
@Controller('v1/packages')
export class PackageController {
  constructor(
    private readonly packages: PackageService,
    private readonly lifecycle: PackageLifecycleService,
    private readonly prices: PackagePricesQueries,
    private readonly conversions: ConversionDesk,
  ) {}

  @Post()
  @Operation({
    id: 'createPackage',
    summary: 'Create a draft package',
    description: 'A draft can be edited and deleted, and nobody can subscribe to it before it is published.',
    bodyExample: { id: 'gold', name: 'Gold', features: [{ featureId: 'api-calls', limit: 1000, resetPeriod: 'MONTH' }] },
    ok: { status: 201, description: 'The new draft.', schema: packageSchema, example: draftExample, headers: ETAG_HEADER },
    errors: { 409: ['package_exists'], 422: DRAFT_FAULTS },
  })
  async create(@Body({ schema: packageInput }) input: PackageInputDto, @Res({ passthrough: true }) reply: FastifyReply): Promise<PackageDto> {
    return this.show(await this.packages.create(input), reply);
  }

  @Get()
  @Operation({
    id: 'listPackages',
    summary: 'List packages',
    description: 'In the order of their ids, with their features and prices.',
    ok: { status: 200, description: 'A page of packages.', schema: packagePage, example: { data: [packageExample], hasMore: false, nextCursor: null } },
    errors: { 400: ['cursor_invalid'] },
  })
  async list(@Query({ schema: packageQuery }) { cursor, limit, q, status, isAddon }: PackageQuery): Promise<Page<PackageDto>> {
    const after = cursor === undefined ? undefined : decodeCursor(cursor, catalogKey)[0];
    const rows = await this.packages.list({ after, q, limit: limit + 1 }, { status, isAddon });
    const prices = await this.prices.byPackage(rows.map(({ id }) => id));
    return toPage(rows, limit, ({ id }) => [id], (row) => toPackageDto(row, prices.get(row.id)));
  }

  @Get(':id')
  @Operation({
    id: 'getPackage',
    summary: 'Get a package',
    description: 'With its features, and every Stripe price that is mapped to it.',
    ok: { status: 200, description: 'The package.', schema: packageSchema, example: packageExample, headers: ETAG_HEADER },
    errors: { 404: ['package_not_found'] },
  })
  async get(@Param('id', { schema: callerId }) id: string, @Res({ passthrough: true }) reply: FastifyReply): Promise<PackageDto> {
    return this.show(await this.packages.get(id), reply);
  }

  @Patch(':id')
  @ApiHeader(IF_MATCH)
  @Operation({
    id: 'updatePackage',
    summary: 'Change a package',
    description: 'What is left out stays as it is; lists are replaced as a whole. Once published, only the name and metadata can change: duplicate the package to change more.',
    bodyExample: { features: [{ featureId: 'api-calls', limit: 2000, resetPeriod: 'MONTH' }] },
    ok: { status: 200, description: 'The package as it is now.', schema: packageSchema, example: draftExample, headers: ETAG_HEADER },
    errors: { 400: ['if_match_invalid'], 404: ['package_not_found'], 409: ['package_frozen', 'package_in_use'], 412: ['package_changed'], 422: DRAFT_FAULTS },
  })
  async update(
    @Param('id', { schema: callerId }) id: string,
    @Body({ schema: packageChanges }) changes: PackageChangesDto,
    @Headers('if-match') ifMatch: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<PackageDto> {
    return this.show(await this.packages.edit(id, changes, revisionOf(ifMatch)), reply);
  }

  @Delete(':id')
  @Operation({
    id: 'deletePackage',
    summary: 'Delete a draft package',
    description: 'Drafts only, and only while no price is mapped to them and no add-on names them. Archive what was published.',
    ok: { status: 204, description: 'Deleted.' },
    errors: { 404: ['package_not_found'], 409: ['package_not_draft', 'package_in_use'] },
  })
  async remove(@Param('id', { schema: callerId }) id: string): Promise<void> {
    await this.lifecycle.deleteDraft(id);
  }

  @Post(':id/publish')
  @Operation({
    id: 'publishPackage',
    summary: 'Publish a package',
    description:
      'Freezes it and opens it for subscriptions. Where it or another published package adds its limits, both must count each shared consumable feature over the same reset period. Stripe subscriptions that waited for it are converted at once. Publishing twice changes nothing.',
    ok: { status: 200, description: 'The published package.', schema: packageSchema, example: packageExample, headers: ETAG_HEADER },
    errors: { 404: ['package_not_found'], 409: ['package_archived'], 422: ['package_empty', 'reset_period_mismatch'] },
  })
  async publish(@Param('id', { schema: callerId }) id: string, @Res({ passthrough: true }) reply: FastifyReply): Promise<PackageDto> {
    const published = await this.lifecycle.publish(id);
    await this.conversions.afterPublishing(id);
    return this.show(published, reply);
  }

  @Post(':id/archive')
  @Operation({
    id: 'archivePackage',
    summary: 'Archive a package',
    description: 'Live subscriptions keep it; new ones and new mappings are refused. It stays archived: duplicate it to go on. Archiving twice changes nothing.',
    ok: { status: 200, description: 'The archived package.', schema: packageSchema, example: { ...packageExample, status: 'ARCHIVED' }, headers: ETAG_HEADER },
    errors: { 404: ['package_not_found'], 409: ['package_not_published'] },
  })
  async archive(@Param('id', { schema: callerId }) id: string, @Res({ passthrough: true }) reply: FastifyReply): Promise<PackageDto> {
    return this.show(await this.lifecycle.archive(id), reply);
  }

  @Post(':id/duplicate')
  @Operation({
    id: 'duplicatePackage',
    summary: 'Duplicate a package',
    description: 'Copies everything but the prices into a new draft with an id of your choice: the way to change what is published.',
    bodyExample: { id: 'gold-2' },
    ok: { status: 201, description: 'The new draft.', schema: packageSchema, example: { ...draftExample, id: 'gold-2' }, headers: ETAG_HEADER },
    errors: { 404: ['package_not_found'], 409: ['package_exists'] },
  })
  async duplicate(
    @Param('id', { schema: callerId }) id: string,
    @Body({ schema: packageCopy }) copy: PackageCopyDto,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<PackageDto> {
    return this.show(await this.lifecycle.duplicate(id, copy), reply);
  }

  private async show(view: PackageView, reply: FastifyReply): Promise<PackageDto> {
    void reply.header('ETag', etagOf(view.revision));
    const prices = await this.prices.byPackage([view.id]);
    return toPackageDto(view, prices.get(view.id));
  }
}
