import { type DynamicModule, Module } from '@nestjs/common';

import { Clock, SystemClock } from './clock.js';
import { type Env } from './env.js';
import { KanaError } from './errors.js';
import { IdFactory } from './ids.js';
import { SecretBox } from './secret-box.js';

/** Token of the checked settings: `@Inject(ENV) env: Env`. */
export const ENV = Symbol('ENV');

/** Gives the clock, ids, secrets at rest and the settings to every module of a process. */
@Module({})
export class CommonModule {
  /** @param clock replaced by tests only */
  static forRoot(env: Env, clock: Clock = new SystemClock()): DynamicModule {
    return {
      module: CommonModule,
      global: true,
      providers: [
        { provide: ENV, useValue: env },
        { provide: Clock, useValue: clock },
        { provide: IdFactory, useValue: new IdFactory(clock) },
        { provide: SecretBox, useFactory: () => new SecretBox(encryptionKeyOf(env)) },
      ],
      exports: [ENV, Clock, IdFactory, SecretBox],
    };
  }
}

function encryptionKeyOf(env: Env): Uint8Array {
  if (env.kanaEncryptionKey === undefined) {
    throw new KanaError('INVALID', 'encryption_key_missing', 'KANA_ENCRYPTION_KEY is missing. Make one with: openssl rand -base64 32');
  }
  return env.kanaEncryptionKey;
}
