import { randomBytes } from 'node:crypto';

import { Clock, conflict, IdFactory, invalid, isoTime, notFound, sqlRows, sqlWrite, transactionWithRetry } from '@app/common';
import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';

import { ApiKeyService, hashOfKey, hintOfKey } from './api-key.service.js';
import type { ApiKeyInput, ApiKeyView, NewApiKey } from './api-key.types.js';
import type { Scope } from './scopes.js';

const KEY_BYTES = 32;

const COLUMNS = 'id, name, hint, scopes, origin, created_by, created_at, expires_at, revoked_at, last_used_at, replaced_by';

interface Row {
  id: string;
  name: string;
  hint: string;
  scopes: Scope[];
  origin: 'SETTINGS' | 'API';
  created_by: string | null;
  created_at: string;
  expires_at: string | null;
  revoked_at: string | null;
  last_used_at: string | null;
  replaced_by: string | null;
}

/** Makes, replaces and revokes keys. Only an `admin` key gets here, so nobody hands out more than they may do themselves. */
@Injectable()
export class ApiKeyLifecycleService {
  constructor(
    private readonly em: EntityManager,
    private readonly clock: Clock,
    private readonly ids: IdFactory,
    private readonly keys: ApiKeyService,
  ) {}

  /**
   * @param mode what the key's text begins with: `kana_live_` or `kana_test_`
   * @throws KanaError expires_at_past
   */
  async create(input: ApiKeyInput, mode: 'LIVE' | 'TEST', createdBy: string): Promise<NewApiKey> {
    return transactionWithRetry(this.em, (em) => this.insert(em, input, mode, createdBy));
  }

  /**
   * A second key with the same name and scopes. The old one goes on for the overlap, then expires by itself.
   *
   * @param expiresAt of the new key; undefined = as long from now as the old one was made for
   * @throws KanaError api_key_not_found, api_key_from_settings, api_key_not_active, api_key_replaced, expires_at_past
   */
  async rotate(
    id: string,
    { overlapSeconds, expiresAt }: { overlapSeconds: number; expiresAt?: Date | null | undefined },
    mode: 'LIVE' | 'TEST',
    createdBy: string,
  ): Promise<NewApiKey> {
    const made = await transactionWithRetry(this.em, async (em) => {
      const old = await this.lock(em, id);
      this.requireActive(old);
      if (old.replacedBy !== null) {
        throw conflict('api_key_replaced', `This key was rotated already: key ${old.replacedBy} took its place. Rotate that one.`);
      }
      const now = this.clock.now().getTime();
      const lifetime = old.expiresAt === null ? null : Date.parse(old.expiresAt) - Date.parse(old.createdAt);
      const ofNew = expiresAt === undefined ? (lifetime === null ? null : new Date(now + lifetime)) : expiresAt;
      const next = await this.insert(em, { name: old.name, scopes: old.scopes, expiresAt: ofNew }, mode, createdBy);
      const end = new Date(Math.min(now + overlapSeconds * 1000, old.expiresAt === null ? Infinity : Date.parse(old.expiresAt)));
      await sqlWrite(em, 'update api_key set expires_at = $2, replaced_by = $3 where id = $1', [id, end, next.id]);
      return next;
    });
    this.keys.forget();
    return made;
  }

  /** Revokes at once: in this process with the answer, in others within a second. Again changes nothing. */
  async revoke(id: string): Promise<void> {
    await transactionWithRetry(this.em, async (em) => {
      await this.lock(em, id);
      await sqlWrite(em, 'update api_key set revoked_at = $2 where id = $1 and revoked_at is null', [id, this.clock.now()]);
    });
    this.keys.forget();
  }

  /** @throws KanaError api_key_not_found */
  async get(id: string): Promise<ApiKeyView> {
    const [row] = await sqlRows<Row>(this.em.fork(), `select ${COLUMNS} from api_key where id = $1`, [id]);
    return this.viewOf(required(row));
  }

  /** Newest first. @param before the id of the last one seen */
  async list(before: string | undefined, limit: number): Promise<ApiKeyView[]> {
    const rows = await sqlRows<Row>(
      this.em.fork(),
      `select ${COLUMNS} from api_key where $1::text is null or id < $1 order by id desc limit $2`,
      [before ?? null, limit],
    );
    return rows.map((row) => this.viewOf(row));
  }

  private async insert(em: EntityManager, input: ApiKeyInput, mode: 'LIVE' | 'TEST', createdBy: string): Promise<NewApiKey> {
    const now = this.clock.now();
    if (input.expiresAt !== null && input.expiresAt <= now) {
      throw invalid('expires_at_past', 'A key must expire in the future.', [{ pointer: '/expiresAt', detail: 'must be in the future' }]);
    }
    const key = `kana_${mode.toLowerCase()}_${randomBytes(KEY_BYTES).toString('base64url')}`;
    const [row] = await sqlRows<Row>(
      em,
      `insert into api_key (id, name, hash, hint, scopes, origin, created_by, created_at, expires_at)
       values ($1, $2, $3, $4, $5, 'API', $6, $7, $8) returning ${COLUMNS}`,
      [this.ids.next('key'), input.name, hashOfKey(key), hintOfKey(key), input.scopes, createdBy, now, input.expiresAt],
    );
    return { ...this.viewOf(required(row)), key };
  }

  /** The key of the settings is changed in the settings: otherwise the next start would bring it back. */
  private async lock(em: EntityManager, id: string): Promise<ApiKeyView> {
    const [row] = await sqlRows<Row>(em, `select ${COLUMNS} from api_key where id = $1 for no key update`, [id]);
    const view = this.viewOf(required(row));
    if (view.origin === 'SETTINGS') {
      throw conflict('api_key_from_settings', 'This key comes from the settings. Change KANA_ADMIN_KEY and start again; the former one is then revoked.');
    }
    return view;
  }

  private requireActive({ status }: ApiKeyView): void {
    if (status !== 'ACTIVE') {
      throw conflict('api_key_not_active', `This key is ${status.toLowerCase()}. Make a new one.`);
    }
  }

  private viewOf(row: Row): ApiKeyView {
    const isExpired = row.expires_at !== null && new Date(row.expires_at) <= this.clock.now();
    return {
      id: row.id,
      name: row.name,
      hint: row.hint,
      scopes: row.scopes,
      status: row.revoked_at === null ? (isExpired ? 'EXPIRED' : 'ACTIVE') : 'REVOKED',
      origin: row.origin,
      createdBy: row.created_by,
      createdAt: isoTime(row.created_at),
      expiresAt: isoTime(row.expires_at),
      revokedAt: isoTime(row.revoked_at),
      lastUsedAt: isoTime(row.last_used_at),
      replacedBy: row.replaced_by,
    };
  }
}

function required(row: Row | undefined): Row {
  if (row === undefined) {
    throw notFound('api_key_not_found', 'There is no such key.');
  }
  return row;
}
