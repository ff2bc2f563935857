import { EntityManager, LockMode } from '@mikro-orm/postgresql';
import { Inject, Injectable } from '@nestjs/common';

import { Clock, conflict, DEMO_DATABASE, ENV, type Env, IdFactory, invalid, notFound, refused, SecretBox, sqlRows, STRIPE_API_BASE, transactionWithRetry } from '@app/common';

import { hintOfKey, missingRights, modeOfKey } from './check-permissions.js';
import { connectionDisconnected } from './connection.errors.js';
import { Deployment } from './deployment.entity.js';
import { type KeyReport, probeKey } from './key-prober.js';
import { requireConnection } from './require-connection.js';
import { type ConnectionSettings, StripeConnection, type StripeMode } from './stripe-connection.entity.js';

const DEFAULT_SETTINGS: ConnectionSettings = {
  customers: 'SUBSCRIBED',
  emailMatch: 'AUTO',
  userIdMetadataKey: 'kana_user_id',
  pastDueGraceDays: 0,
  pausedCollectionGivesAccess: true,
  basePackageId: null,
  reconcileEveryHours: 24,
  brakePercent: 5,
  brakeUsers: 100,
  requestsPerSecond: null,
  requestsPerSecondPerEndpoint: null,
  requestSharePercent: 90,
};

const DEPLOYMENT_ID = 1;

/** Connects Stripe accounts and keeps their keys and settings (rules N1–N3). */
@Injectable()
export class ConnectionService {
  constructor(
    private readonly em: EntityManager,
    private readonly clock: Clock,
    private readonly ids: IdFactory,
    private readonly secrets: SecretBox,
    @Inject(ENV) private readonly env: Env,
  ) {}

  /**
   * Checks the key right by right and stores it encrypted. The same account again replaces its key and goes on where
   * it was.
   *
   * @throws KanaError stripe_key_malformed, demo_database, stripe_mode_mismatch, stripe_key_lacks_rights; StripeCallError
   */
  async connect(apiKey: string, settings: Partial<ConnectionSettings> = {}): Promise<{ connection: StripeConnection; created: boolean }> {
    const mode = this.requireMode(apiKey);
    await this.refuseInDemo();
    const report = await this.requireRights(apiKey);
    return transactionWithRetry(this.em, async (em) => {
      await claimMode(em, mode);
      const known = await em.findOne(StripeConnection, { accountId: report.accountId, mode });
      const connection = known ?? this.newConnection(report.accountId, mode);
      connection.settings = { ...connection.settings, ...settings };
      this.storeKey(connection, apiKey, report);
      em.persist(connection);
      return { connection, created: known === null };
    });
  }

  /** Replaces the key of a connection; both keys work until the old one is revoked in Stripe (rule N2). */
  async rotateKey(id: string, apiKey: string): Promise<StripeConnection> {
    const mode = this.requireMode(apiKey);
    const known = await this.getConnected(id);
    if (known.mode !== mode) {
      throw conflict('stripe_mode_mismatch', `This is a ${mode} key, and the connection holds ${known.mode} data: test and live never mix. Rotate with a ${known.mode} key.`);
    }
    const report = await this.requireRights(apiKey);
    return this.em.transactional(async (em) => {
      const connection = await requireConnection(em, id, LockMode.PESSIMISTIC_WRITE);
      requireConnected(connection);
      if (connection.accountId !== report.accountId) {
        throw conflict('stripe_account_mismatch', `This key belongs to another Stripe account (${report.accountId}). Rotate with a key of ${connection.accountId}.`);
      }
      this.storeKey(connection, apiKey, report);
      return connection;
    });
  }

  /** Asks Stripe again what the stored key may do. */
  async check(id: string): Promise<StripeConnection> {
    const connection = await this.get(id);
    const report = await this.probe(connection);
    connection.permissions = report.permissions;
    connection.updatedAt = this.clock.now();
    await this.em.flush();
    return connection;
  }

  /** As `check`, and stores nothing. @throws StripeCallError */
  async probe(connection: StripeConnection): Promise<KeyReport> {
    return probeKey(this.openKey(connection), this.env.stripeApiBase, this.clock);
  }

  async changeSettings(id: string, settings: Partial<ConnectionSettings>): Promise<StripeConnection> {
    return this.em.transactional(async (em) => {
      const connection = await requireConnection(em, id, LockMode.PESSIMISTIC_WRITE);
      connection.settings = { ...connection.settings, ...settings };
      connection.updatedAt = this.clock.now();
      return connection;
    });
  }

  /**
   * Forgets the key (rule N5); everything that was read with it stays. In the caller's transaction, which also ends what is
   * under way.
   *
   * @param leftOver what is still in Stripe and could not be taken away, in a sentence
   */
  async disconnect(em: EntityManager, id: string, leftOver: string | null): Promise<StripeConnection> {
    const connection = await requireConnection(em, id, LockMode.PESSIMISTIC_WRITE);
    if (connection.status === 'CONNECTED') {
      connection.status = 'DISCONNECTED';
      connection.sealedApiKey = null;
      connection.webhook = { state: 'DISCONNECTED', url: null, detail: leftOver, endpointId: null };
      connection.updatedAt = this.clock.now();
    }
    return connection;
  }

  async get(id: string): Promise<StripeConnection> {
    return requireConnection(this.em, id);
  }

  /** @throws KanaError connection_not_found, connection_disconnected */
  async getConnected(id: string): Promise<StripeConnection> {
    const connection = await this.get(id);
    requireConnected(connection);
    return connection;
  }

  /** All connections, oldest first: there are a handful. */
  async list(): Promise<StripeConnection[]> {
    return this.em.find(StripeConnection, {}, { orderBy: { createdAt: 'asc', id: 'asc' }, refresh: true });
  }

  /** As `resolve`, for what needs Stripe. @throws KanaError connection_disconnected as well */
  async resolveConnected(id: string | undefined): Promise<StripeConnection> {
    const connection = await this.resolve(id);
    requireConnected(connection);
    return connection;
  }

  /**
   * The connection a call means: the one named, or the only one there is (that is connected, where any is).
   *
   * @throws KanaError connection_required when there are several and none is named; connection_not_found
   */
  async resolve(id: string | undefined): Promise<StripeConnection> {
    if (id !== undefined) {
      return this.get(id);
    }
    const all = await this.list();
    const connected = all.filter(({ status }) => status === 'CONNECTED');
    const [only, another] = connected.length === 0 ? all : connected;
    if (only === undefined) {
      throw notFound('connection_not_found', 'No Stripe account is connected. Connect one with POST /v1/stripe/connections.');
    }
    if (another !== undefined) {
      throw invalid('connection_required', 'Several Stripe accounts are connected: name one by connectionId.');
    }
    return only;
  }

  /** The connection's key, in clear: for calling Stripe, never for showing. */
  openKey(connection: StripeConnection): string {
    if (connection.sealedApiKey === null || connection.sealedApiKey === undefined) {
      throw connectionDisconnected();
    }
    return this.secrets.open(connection.sealedApiKey, keyPlace(connection.id));
  }

  /** Looks at the key alone: what is refused here was not sent anywhere. */
  private requireMode(apiKey: string): StripeMode {
    const mode = modeOfKey(apiKey);
    if (mode === null) {
      throw invalid('stripe_key_malformed', 'This is no Stripe secret key. Paste a restricted key (rk_…) or a secret key (sk_…).', [{ pointer: '/apiKey', detail: 'must start with rk_test_, rk_live_, sk_test_ or sk_live_' }]);
    }
    if (mode === 'LIVE' && this.env.stripeApiBase !== STRIPE_API_BASE) {
      throw conflict('stripe_mode_mismatch', `This is a live key, and STRIPE_API_BASE is not ${STRIPE_API_BASE}: a live key goes to Stripe only (it was not sent). Connect with a test key.`);
    }
    return mode;
  }

  /** The rehearsal's data never meet a real account (rule N4). */
  private async refuseInDemo(): Promise<void> {
    const [row] = await sqlRows<{ name: string }>(this.em, 'select current_database() as name');
    if (row?.name === DEMO_DATABASE && this.env.stripeApiBase === STRIPE_API_BASE) {
      throw conflict('demo_database', `The database ${DEMO_DATABASE} belongs to the rehearsal with the sandbox. Start Kana with STRIPE_SECRET_KEY, or with another DATABASE_URL, to connect to Stripe.`);
    }
  }

  private async requireRights(apiKey: string): Promise<KeyReport> {
    const report = await probeKey(apiKey, this.env.stripeApiBase, this.clock);
    const missing = missingRights(report.permissions);
    if (missing.length > 0) {
      throw refused('stripe_key_lacks_rights', `The key lacks: ${missing.join(', ')}. Edit it in the Stripe dashboard (Developers, API keys) and connect again.`, missing.map((right) => ({ pointer: '/apiKey', detail: `lacks ${right}` })));
    }
    return report;
  }

  private newConnection(accountId: string, mode: StripeMode): StripeConnection {
    const now = this.clock.now();
    return this.em.create(
      StripeConnection,
      {
        id: this.ids.next('conn'),
        accountId,
        mode,
        status: 'CONNECTED',
        sealedApiKey: null,
        apiKeyHint: '',
        permissions: [],
        settings: DEFAULT_SETTINGS,
        createdAt: now,
        updatedAt: now,
      },
      { persist: false },
    );
  }

  private storeKey(connection: StripeConnection, apiKey: string, report: KeyReport): void {
    connection.sealedApiKey = this.secrets.seal(apiKey, keyPlace(connection.id));
    connection.apiKeyHint = hintOfKey(apiKey);
    connection.permissions = report.permissions;
    connection.status = 'CONNECTED';
    connection.updatedAt = this.clock.now();
  }
}

function keyPlace(connectionId: string): string {
  return `stripe_connection/${connectionId}/api_key`;
}

function requireConnected({ status }: StripeConnection): void {
  if (status !== 'CONNECTED') {
    throw connectionDisconnected();
  }
}

/** A deployment has one mode, that of its first connection, and refuses the other's keys (rule N3). */
async function claimMode(em: EntityManager, mode: StripeMode): Promise<void> {
  const deployment =
    (await em.findOne(Deployment, { id: DEPLOYMENT_ID })) ??
    em.create(Deployment, { id: DEPLOYMENT_ID, mode: null });
  if (deployment.mode !== null && deployment.mode !== undefined && deployment.mode !== mode) {
    throw conflict('stripe_mode_mismatch', `This deployment holds ${deployment.mode} data and refuses ${mode} keys: test and live never mix. Use a deployment of its own for the other mode.`);
  }
  deployment.mode = mode;
}
