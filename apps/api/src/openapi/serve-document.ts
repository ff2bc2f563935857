import type { Env } from '@app/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { SwaggerModule } from '@nestjs/swagger';

import { openApiDocument } from './document.js';

/** Serves Swagger UI at /docs and the document at /openapi.json; not in production, where nothing tells what there is. */
export function serveDocument(app: NestFastifyApplication, env: Env): void {
  if (env.nodeEnv === 'production') {
    return;
  }
  SwaggerModule.setup('docs', app, () => openApiDocument(app), {
    jsonDocumentUrl: 'openapi.json',
    customSiteTitle: 'Kana Stripe Sync API',
    swaggerOptions: { persistAuthorization: true, displayRequestDuration: true },
  });
}
