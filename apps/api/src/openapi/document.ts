import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { z } from 'zod';

import { problemSchema } from '../http/schemas.js';
import { documentCsv } from './document-csv.js';
import { documentRules } from './document-rules.js';
import { shareProblems } from './share-problems.js';

const DESCRIPTION = [
  'Which packages and features a user has, kept in step with Stripe.',
  'Every answer carries `X-Request-Id`; send your own to find a request again in the logs.',
  'Errors are problem documents (RFC 9457): branch on `code`.',
  'A POST that changes something takes an `Idempotency-Key`: repeat a call with the same key and it takes effect once.',
  'Lists give `nextCursor`; pass it as `cursor`. Ids in paths are URL-encoded.',
].join('\n\n');

/** The OpenAPI document of everything the api can do, generated from the controllers. */
export function openApiDocument(app: NestFastifyApplication): OpenAPIObject {
  const config = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('Kana Stripe Sync')
    .setDescription(DESCRIPTION)
    .setVersion('1')
    .addBearerAuth({ type: 'http', scheme: 'bearer', bearerFormat: 'opaque', description: 'An API key of Kana. Each operation names the scope it needs: `read`, `write` (includes `read`) or `admin` (includes both).' }, 'apiKey')
    .build();
  const document = SwaggerModule.createDocument(app, config, { standardSchemaConverter: convert, autoTagControllers: false });
  const problem = problemComponent();
  const components = { ...document.components, schemas: { ...document.components?.schemas, ...problem } };
  return shareProblems(documentCsv(documentRules({ ...document, components })));
}

type Schemas = NonNullable<NonNullable<OpenAPIObject['components']>['schemas']>;

/** No controller names it as its answer, so the generator does not meet it by itself. */
function problemComponent(): Schemas {
  return convert(problemSchema, { schemaType: 'output' })?.components ?? {};
}

/**
 * Writes a zod schema as the JSON Schema of OpenAPI 3.1. Schemas with an id (`.meta({ id })`) become components.
 * (The document generator's own conversion aims at 3.0, which says "nullable" another way.)
 */
function convert(schema: unknown, options: { schemaType: 'input' | 'output' }) {
  if (!(schema instanceof z.ZodType)) {
    return undefined;
  }
  const { $defs, $schema: _dialect, id, ...root } = z.toJSONSchema(schema, {
    target: 'draft-2020-12',
    io: options.schemaType,
    unrepresentable: 'any',
    reused: 'inline',
  });
  const components = Object.fromEntries(Object.entries($defs ?? {}).map(([name, definition]) => [name, withoutId(definition)]));
  return id === undefined
    ? { schema: root, components }
    : { schema: { $ref: `#/components/schemas/${id}` }, components: { ...components, [id]: root } };
}

function withoutId(definition: object): object {
  return Object.fromEntries(Object.entries(definition).filter(([key]) => key !== 'id'));
}
