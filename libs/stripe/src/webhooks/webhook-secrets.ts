import type { EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';

import { IdFactory, SecretBox, sqlRows, sqlWrite } from '@app/common';

import type { WebhookSecretSource } from './webhook-secret.entity.js';

/** A secret that counts, in clear. */
export interface HeldSecret {
  readonly id: string;
  readonly secret: string;
  readonly source: WebhookSecretSource;
  readonly endpointId: string | null;
  /** Another one has taken its place, and it goes on for a while only. */
  readonly isRetiring: boolean;
}

interface SecretRow {
  id: string;
  sealed_secret: string;
  source: WebhookSecretSource;
  endpoint_id: string | null;
  retiring: boolean;
}

/** Signing secrets at rest: sealed, and by the database's time. */
@Injectable()
export class WebhookSecrets {
  constructor(
    private readonly ids: IdFactory,
    private readonly box: SecretBox,
  ) {}

  /** Adds a secret beside those that are there; one that is there already counts for ever again. */
  async add(em: EntityManager, connectionId: string, added: { secret: string; source: WebhookSecretSource; endpointId: string | null }): Promise<void> {
    await this.dropExpired(em);
    const same = (await this.list(em, connectionId)).find(({ secret }) => secret === added.secret);
    if (same !== undefined) {
      await sqlWrite(em, `update stripe_webhook_secret set expires_at = null where id = $1`, [same.id]);
      return;
    }
    const id = this.ids.next('whs');
    await sqlWrite(
      em,
      `insert into stripe_webhook_secret (id, connection_id, sealed_secret, source, endpoint_id, created_at) values ($1, $2, $3, $4, $5, now())`,
      [id, connectionId, this.box.seal(added.secret, placeOf(id)), added.source, added.endpointId],
    );
  }

  /** They end after a while; those that end sooner anyway are left at that. */
  async retire(em: EntityManager, secrets: readonly HeldSecret[], overlapSeconds: number): Promise<void> {
    await sqlWrite(
      em,
      `update stripe_webhook_secret set expires_at = least(coalesce(expires_at, 'infinity'), now() + make_interval(secs => $2)) where id = any($1::text[])`,
      [`{${secrets.map(({ id }) => id).join(',')}}`, overlapSeconds],
    );
  }

  /** Those that count now. One that was sealed with another key is left out, as if it were not there. */
  async list(em: EntityManager, connectionId: string): Promise<HeldSecret[]> {
    const rows = await sqlRows<SecretRow>(
      em,
      `select id, sealed_secret, source, endpoint_id, expires_at is not null as retiring from stripe_webhook_secret
        where connection_id = $1 and (expires_at is null or expires_at > now()) order by created_at, id`,
      [connectionId],
    );
    return rows.flatMap((row) => {
      const secret = this.open(row.id, row.sealed_secret);
      return secret === null ? [] : [{ id: row.id, secret, source: row.source, endpointId: row.endpoint_id, isRetiring: row.retiring }];
    });
  }

  /** Null when it was sealed with another key. */
  open(id: string, sealed: string): string | null {
    try {
      return this.box.open(sealed, placeOf(id));
    } catch {
      return null;
    }
  }

  async dropAll(em: EntityManager, connectionId: string): Promise<void> {
    await sqlWrite(em, `delete from stripe_webhook_secret where connection_id = $1`, [connectionId]);
  }

  async dropExpired(em: EntityManager): Promise<void> {
    await sqlWrite(em, `delete from stripe_webhook_secret where expires_at <= now()`);
  }
}

function placeOf(id: string): string {
  return `stripe_webhook_secret/${id}/secret`;
}
