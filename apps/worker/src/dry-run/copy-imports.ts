import { Injectable } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';

import { ImportRunner } from '../imports/import-runner.js';
import { CopyModule, type Surroundings } from './copy.module.js';

/** Runs imports on copies. */
@Injectable()
export class CopyImports {
  constructor(private readonly surroundings: Surroundings) {}

  /** The very import that a real one is, with connections that find the copy's tables only. */
  async run(schema: string, connectionId: string, owner: string, signal: AbortSignal): Promise<void> {
    const app = await NestFactory.createApplicationContext(CopyModule.of(schema, this.surroundings), { abortOnError: false });
    try {
      await app.get(ImportRunner).run(connectionId, owner, signal);
    } finally {
      await app.close();
    }
  }
}
