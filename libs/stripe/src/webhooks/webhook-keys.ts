import { createSecretKey, type KeyObject } from 'node:crypto';

import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable, Logger } from '@nestjs/common';

import { KanaError, sqlRows, within } from '@app/common';

import type { StripeMode } from '../connections/stripe-connection.entity.js';
import type { EventAddressee } from './read-webhook.js';
import { WebhookSecrets } from './webhook-secrets.js';

/** The longest time for which a secret still counts here that another process has taken away. */
const REMEMBERED_MS = 1000;
/** A statement on a connection that has died without a word would be waited for for many minutes. */
const PATIENCE_MS = 5000;

/** A connection, as its webhooks are to be looked at. */
export interface WebhookAddressee extends EventAddressee {
  readonly isConnected: boolean;
  readonly secrets: readonly KeyObject[];
  /** Some secret was sealed with another key, so that what it signs cannot be told from a forgery. */
  readonly hasUnreadable: boolean;
}

interface Row {
  now: string;
  id: string | null;
  account_id: string;
  mode: StripeMode;
  status: 'CONNECTED' | 'DISCONNECTED';
  metadata_key: string;
  sealed: [id: string, secret: string][];
  expired: boolean;
}

/** All connections (a handful) with what opens their webhooks, and the database's time. */
const STATEMENT = `
  select extract(epoch from clock_timestamp()) as now, c.id, c.account_id, c.mode, c.status, c.settings ->> 'userIdMetadataKey' as metadata_key,
         coalesce(jsonb_agg(jsonb_build_array(s.id, s.sealed_secret)) filter (where s.expires_at is null or s.expires_at > now()), '[]') as sealed,
         coalesce(bool_or(s.expires_at <= now()), false) as expired
    from (select) as always
    left join stripe_connection c on true
    left join stripe_webhook_secret s on s.connection_id = c.id
   group by c.id`;

/** What was known at one moment. */
export class KeysReading {
  private readonly readAt = performance.now();

  constructor(
    private readonly databaseSeconds: number,
    private readonly addressees: ReadonlyMap<string, WebhookAddressee>,
  ) {}

  get ageMs(): number {
    return performance.now() - this.readAt;
  }

  of(connectionId: string): WebhookAddressee | undefined {
    return this.addressees.get(connectionId);
  }

  /** Seconds of the database's clock. */
  now(): number {
    return this.databaseSeconds + this.ageMs / 1000;
  }
}

/**
 * The connections' signing secrets in this process's memory, so that a webhook costs no query before its own. The time
 * comes along: how old a signature is must not depend on this machine's clock, which may be wrong by minutes (a replay
 * would pass, or nothing would); the database's is the one clock that all processes share, and between two readings a
 * monotonic one carries it on.
 */
@Injectable()
export class WebhookKeys {
  private readonly logger = new Logger(WebhookKeys.name);
  private last: KeysReading | undefined;
  private reading: Promise<KeysReading> | undefined;
  /** Grows with every change to what is known: what was read before one is not remembered after it. */
  private generation = 0;

  constructor(
    private readonly em: EntityManager,
    private readonly secrets: WebhookSecrets,
  ) {}

  /** Not older than a second. */
  async current(): Promise<KeysReading> {
    return this.last !== undefined && this.last.ageMs < REMEMBERED_MS ? this.last : this.renewed();
  }

  /** Read now, or joined to a reading under way. */
  async renewed(): Promise<KeysReading> {
    this.reading ??= this.begin();
    return this.reading;
  }

  private begin(): Promise<KeysReading> {
    const reading = this.read().finally(() => {
      if (this.reading === reading) {
        this.reading = undefined;
      }
    });
    return reading;
  }

  /** What was known has changed in this process: what is being read at this moment may be from before. */
  forget(): void {
    this.generation += 1;
    this.last = undefined;
    this.reading = undefined;
  }

  private async read(): Promise<KeysReading> {
    const { generation } = this;
    const rows = await within(PATIENCE_MS, sqlRows<Row>(this.em.fork(), STATEMENT), databaseAway);
    const addressees = new Map(rows.flatMap((row) => (row.id === null ? [] : [[row.id, this.toAddressee(row)] as const])));
    const reading = new KeysReading(Number(rows[0]?.now), addressees);
    if (generation === this.generation) {
      this.last = reading;
    }
    if (rows.some(({ expired }) => expired)) {
      this.secrets.dropExpired(this.em.fork()).catch((error: unknown) => this.logger.warn({ err: error }, 'Expired webhook secrets could not be dropped'));
    }
    return reading;
  }

  private toAddressee(row: Row): WebhookAddressee {
    const opened = row.sealed.map(([id, sealed]) => this.secrets.open(id, sealed));
    return {
      mode: row.mode,
      accountId: row.account_id,
      userIdMetadataKey: row.metadata_key,
      isConnected: row.status === 'CONNECTED',
      secrets: opened.flatMap((secret) => (secret === null ? [] : [createSecretKey(secret, 'utf8')])),
      hasUnreadable: opened.includes(null),
    };
  }
}

function databaseAway(): KanaError {
  return new KanaError('UNAVAILABLE', 'database_unavailable', 'The database cannot be reached at the moment. Try again shortly.');
}
