import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';

import type { PackageStatus } from '@app/catalog';
import { Clock, conflict, IdFactory, notFound, refused, sqlRows, sqlWrite, transactionWithRetry } from '@app/common';

import { findRule, listRules, type MappingRuleView, type RuleFilter, rulesOfProducts } from './mapping-rule.queries.js';
import { resolveRule, type RuledPrice } from './resolve-rule.js';

/** A standing rule that a person asks for; null = any. */
export interface WantedRule {
  readonly productId: string;
  readonly interval: string | null;
  readonly currency: string | null;
  readonly packageId: string;
}

/** Standing rules: every price of a product maps to a package when it is first seen (rule M7a). */
@Injectable()
export class MappingRuleService {
  constructor(
    private readonly em: EntityManager,
    private readonly clock: Clock,
    private readonly ids: IdFactory,
  ) {}

  /**
   * A part of the caller's transaction, until whose end no price of the product is first seen or resolved. A rule may
   * lead to a draft (rule M9).
   *
   * @throws KanaError product_not_found, package_not_found, package_archived, rule_exists
   */
  async createIn(em: EntityManager, connectionId: string, wanted: WantedRule): Promise<MappingRuleView> {
    // Whoever resolves prices takes them before their products: the other way round would lock up.
    await lockUnmapped(em, connectionId, wanted.productId);
    await lockProduct(em, connectionId, wanted.productId);
    await requireOpenPackage(em, wanted.packageId);
    const { interval, currency } = wanted;
    const same = (await rulesOfProducts(em, connectionId, [wanted.productId])).find((rule) => rule.interval === interval && rule.currency === currency);
    if (same !== undefined) {
      throw conflict('rule_exists', `Rule ${same.id} maps these prices of product ${wanted.productId} to package ${same.packageId}. Delete it first.`);
    }
    const id = this.ids.next('mrule');
    await sqlWrite(
      em,
      `insert into mapping_rule (id, connection_id, product_id, "interval", currency, package_id, created_at) values ($1, $2, $3, $4, $5, $6, $7)`,
      [id, connectionId, wanted.productId, interval ?? '', currency ?? '', wanted.packageId, this.clock.now()],
    );
    return found(await findRule(em, id), id);
  }

  /** The prices seen before that are neither mapped nor ignored and would be the rule's, were they seen now; by id. */
  async unmapped(em: EntityManager, { id, connectionId, productId }: MappingRuleView): Promise<string[]> {
    const rules = await rulesOfProducts(em, connectionId, [productId]);
    const prices = await unmappedPrices(em, connectionId, productId);
    return prices.filter((price) => resolveRule(price, rules)?.id === id).map((price) => price.id);
  }

  async list(filter: RuleFilter): Promise<MappingRuleView[]> {
    return listRules(this.em, filter);
  }

  /** @throws KanaError rule_not_found */
  async get(id: string): Promise<MappingRuleView> {
    return found(await findRule(this.em, id), id);
  }

  /** The mappings that it made stay. @throws KanaError rule_not_found */
  async delete(id: string): Promise<void> {
    await transactionWithRetry(this.em, async (em) => {
      const deleted = await sqlWrite(em, `delete from mapping_rule where id = $1`, [id]);
      if (deleted === 0) {
        throw ruleNotFound(id);
      }
    });
  }
}

const UNMAPPED = `
  from stripe_price p
 where p.connection_id = $1 and p.product_id = $2 and p.type = 'recurring' and p.ignored_at is null
   and not exists (select 1 from price_mapping m where m.connection_id = p.connection_id and m.price_id = p.id)
 order by p.id`;

async function lockUnmapped(em: EntityManager, connectionId: string, productId: string): Promise<void> {
  await sqlRows(em, `select p.id ${UNMAPPED} for update of p`, [connectionId, productId]);
}

async function unmappedPrices(em: EntityManager, connectionId: string, productId: string): Promise<(RuledPrice & { id: string })[]> {
  return sqlRows(em, `select p.id, p.product_id as "productId", p.type, p.interval, p.currency ${UNMAPPED}`, [connectionId, productId]);
}

async function lockProduct(em: EntityManager, connectionId: string, productId: string): Promise<void> {
  const rows = await sqlRows(em, `select id from stripe_product where connection_id = $1 and id = $2 for update`, [connectionId, productId]);
  if (rows.length === 0) {
    const message = `Stripe product ${productId} has not been seen. Read the prices or import first.`;
    throw refused('product_not_found', message, [{ pointer: '/productId', detail: 'has not been seen' }]);
  }
}

async function requireOpenPackage(em: EntityManager, packageId: string): Promise<void> {
  const [found] = await sqlRows<{ status: PackageStatus }>(em, `select status from package where id = $1 for share`, [packageId]);
  if (found === undefined) {
    throw refused('package_not_found', `There is no package ${packageId}. Create it first.`, [{ pointer: '/packageId', detail: 'does not exist' }]);
  }
  if (found.status === 'ARCHIVED') {
    throw refused('package_archived', `Package ${packageId} is archived. Map to a published package or a draft.`, [{ pointer: '/packageId', detail: 'is archived' }]);
  }
}

function found(rule: MappingRuleView | undefined, id: string): MappingRuleView {
  if (rule === undefined) {
    throw ruleNotFound(id);
  }
  return rule;
}

function ruleNotFound(id: string): Error {
  return notFound('rule_not_found', `There is no mapping rule ${id}.`);
}
