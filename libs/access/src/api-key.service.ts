import { createHash } from 'node:crypto';

import { Clock, IdFactory, sqlRows, sqlWrite } from '@app/common';
import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';

/** Name of the key that comes from the settings. */
const BOOTSTRAP = 'bootstrap';

/** How long an answer about a key is remembered: the longest time a revoked key still opens. */
const REMEMBERED_MS = 5000;
/** Bounds the memory that guessed keys could take. */
const MAXIMUM_REMEMBERED = 1000;

/** A key that opens, as callers may know it. */
export interface AuthenticatedKey {
  id: string;
  name: string;
}

interface Remembered {
  key: AuthenticatedKey;
  until: number;
}

/**
 * Says whether a key opens. Only SHA-256 of a key is stored and compared: keys carry 256 random bits, so that neither
 * salt nor a slow hash adds anything, and a lookup by hash tells nothing through its time.
 */
@Injectable()
export class ApiKeyService {
  private readonly remembered = new Map<string, Remembered>();

  constructor(
    private readonly em: EntityManager,
    private readonly clock: Clock,
    private readonly ids: IdFactory,
  ) {}

  /**
   * Makes the key of the settings the one that opens: stores its hash, and revokes a former one from the settings.
   * Doing it again changes nothing.
   */
  async ensureBootstrapKey(key: string): Promise<void> {
    const hash = hashOf(key);
    const now = this.clock.now();
    await this.em.fork().transactional(async (em) => {
      await sqlWrite(
        em,
        `insert into api_key (id, name, hash, created_at) values ($1, $2, $3, $4)
         on conflict (hash) do update set revoked_at = null where api_key.revoked_at is not null`,
        [this.ids.next('key'), BOOTSTRAP, hash, now],
      );
      await sqlWrite(em, 'update api_key set revoked_at = $1 where name = $2 and hash <> $3 and revoked_at is null', [
        now,
        BOOTSTRAP,
        hash,
      ]);
    });
    this.remembered.clear();
  }

  /** The key's id and name; undefined when there is no such key or it is revoked. */
  async authenticate(key: string): Promise<AuthenticatedKey | undefined> {
    const hash = hashOf(key);
    const now = this.clock.now().getTime();
    const known = this.remembered.get(hash);
    if (known !== undefined && known.until > now) {
      return known.key;
    }
    const [found] = await sqlRows<{ id: string; name: string }>(
      this.em.fork(),
      'select id, name from api_key where hash = $1 and revoked_at is null',
      [hash],
    );
    this.remember(hash, found, now);
    return found;
  }

  private remember(hash: string, key: AuthenticatedKey | undefined, now: number): void {
    this.remembered.delete(hash);
    if (key === undefined) {
      return;
    }
    if (this.remembered.size >= MAXIMUM_REMEMBERED) {
      this.remembered.clear();
    }
    this.remembered.set(hash, { key, until: now + REMEMBERED_MS });
  }
}

function hashOf(key: string): string {
  return createHash('sha256').update(key, 'utf8').digest('hex');
}
