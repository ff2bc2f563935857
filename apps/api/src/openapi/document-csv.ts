import type { OpenAPIObject } from '@nestjs/swagger';

import { CSV_EXTENSION } from './operation.decorator.js';

/** Adds the file to the success of operations that give one, which the generator can write in one media type only. */
export function documentCsv(document: OpenAPIObject): OpenAPIObject {
  for (const { get: operation } of Object.values(document.paths)) {
    const example: unknown = operation === undefined ? undefined : Reflect.get(operation, CSV_EXTENSION);
    const success = operation?.responses['200'];
    if (operation !== undefined && success !== undefined && 'content' in success && typeof example === 'string') {
      Reflect.deleteProperty(operation, CSV_EXTENSION);
      success.content = { ...success.content, 'text/csv': { schema: { type: 'string' }, example } };
    }
  }
  return document;
}
