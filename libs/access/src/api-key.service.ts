import { createHash } from 'node:crypto';

import { Clock, IdFactory, sqlRows, sqlWrite } from '@app/common';
import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';

import type { Scope } from './scopes.js';

/** Name of the key that comes from the settings. */
const BOOTSTRAP = 'bootstrap';

/**
 * How long an answer about a key is remembered: the longest time for which a key that another process revoked still
 * opens here. Without it every check would cost a second look into the database.
 */
const REMEMBERED_MS = 1000;
/** Bounds the memory that many keys could take. */
const MAXIMUM_REMEMBERED = 1000;
/** The last use is written no more often. */
const LAST_USED_MS = 60_000;

/** A key that opens, as callers may know it. */
export interface AuthenticatedKey {
  id: string;
  scopes: readonly Scope[];
}

interface Remembered extends AuthenticatedKey {
  expiresAt: number;
  lastUsedAt: number;
  readAt: number;
}

interface KeyRow {
  id: string;
  scopes: Scope[];
  expires_at: string | null;
  last_used_at: string | null;
}

/**
 * Says whether a key opens. Only SHA-256 of a key is stored and compared: keys carry 256 random bits, so that neither
 * salt nor a slow hash adds anything, and a lookup by hash tells nothing through its time.
 */
@Injectable()
export class ApiKeyService {
  private readonly remembered = new Map<string, Remembered>();
  /** Grows with every change to keys: what was read before one is not remembered after it. */
  private generation = 0;

  constructor(
    private readonly em: EntityManager,
    private readonly clock: Clock,
    private readonly ids: IdFactory,
  ) {}

  /**
   * Makes the key of the settings the one that opens everything: stores its hash, and revokes a former one from the
   * settings. Doing it again changes nothing.
   */
  async ensureBootstrapKey(key: string): Promise<void> {
    const hash = hashOfKey(key);
    const now = this.clock.now();
    await this.em.fork().transactional(async (em) => {
      await sqlWrite(
        em,
        `insert into api_key (id, name, hash, hint, scopes, origin, created_at) values ($1, $2, $3, $4, '{admin}', 'SETTINGS', $5)
         on conflict (hash) do update set revoked_at = null, expires_at = null, scopes = '{admin}', origin = 'SETTINGS'
          where api_key.revoked_at is not null or api_key.origin <> 'SETTINGS'`,
        [this.ids.next('key'), BOOTSTRAP, hash, hintOfKey(key), now],
      );
      await sqlWrite(em, `update api_key set revoked_at = $1 where origin = 'SETTINGS' and hash <> $2 and revoked_at is null`, [now, hash]);
    });
    this.forget();
  }

  /** The key's id and scopes; undefined when there is no such key, or it is revoked or expired. */
  async authenticate(key: string): Promise<AuthenticatedKey | undefined> {
    const hash = hashOfKey(key);
    const now = this.clock.now().getTime();
    const known = this.recall(hash, now) ?? (await this.read(hash, now));
    if (known === undefined || known.expiresAt <= now) {
      return undefined;
    }
    if (Math.abs(now - known.lastUsedAt) >= LAST_USED_MS) {
      await this.writeUse(known, now);
    }
    return known;
  }

  /** Keys have changed: nothing that is remembered counts from now on. */
  forget(): void {
    this.generation += 1;
    this.remembered.clear();
  }

  /** A clock that was set back makes nothing live longer. */
  private recall(hash: string, now: number): Remembered | undefined {
    const known = this.remembered.get(hash);
    return known !== undefined && known.readAt <= now && now < known.readAt + REMEMBERED_MS ? known : undefined;
  }

  private async read(hash: string, now: number): Promise<Remembered | undefined> {
    const { generation } = this;
    const [row] = await sqlRows<KeyRow>(
      this.em.fork(),
      'select id, scopes, expires_at, last_used_at from api_key where hash = $1 and revoked_at is null',
      [hash],
    );
    if (row === undefined) {
      this.remembered.delete(hash);
      return undefined;
    }
    const found = { id: row.id, scopes: row.scopes, readAt: now, expiresAt: timeOf(row.expires_at, Infinity), lastUsedAt: timeOf(row.last_used_at, -Infinity) };
    if (generation === this.generation) {
      this.remember(hash, found);
    }
    return found;
  }

  private remember(hash: string, key: Remembered): void {
    if (this.remembered.size >= MAXIMUM_REMEMBERED) {
      this.remembered.clear();
    }
    this.remembered.set(hash, key);
  }

  private async writeUse(known: Remembered, now: number): Promise<void> {
    known.lastUsedAt = now;
    await sqlWrite(this.em.fork(), 'update api_key set last_used_at = $2 where id = $1', [known.id, new Date(now)]);
  }
}

function timeOf(value: string | null, otherwise: number): number {
  return value === null ? otherwise : new Date(value).getTime();
}

export function hashOfKey(key: string): string {
  return createHash('sha256').update(key, 'utf8').digest('hex');
}

export function hintOfKey(key: string): string {
  return key.slice(-4);
}
