import { isStripeCurrency, payableStep } from '@app/common';
import { resolveRule } from '@app/mapping';
import type { NewPrice } from '@app/stripe';

import type { RefusedCommand } from '../command.types.js';
import type { AskedPrice, PriceGround, PriceInterval } from './new-price.types.js';

const INTERVALS: Readonly<Record<PriceInterval, NewPrice['interval']>> = { DAY: 'day', WEEK: 'week', MONTH: 'month', YEAR: 'year' };
/** Three years (docs.stripe.com/api/prices/create, `recurring.interval_count`). */
const LONGEST: Readonly<Record<PriceInterval, number>> = { DAY: 1095, WEEK: 156, MONTH: 36, YEAR: 3 };

export type NewPriceVerdict = { readonly kind: 'REQUEST'; readonly request: { readonly call: 'CREATE_PRICE' } & NewPrice } | RefusedCommand;
type ProductVerdict = { readonly kind: 'PRODUCT'; readonly product: NewPrice['product'] } | RefusedCommand;

/**
 * Decides what price Stripe is to make for a package, or why none (rule M10): when somebody asks, and again when it is about to
 * be sent. A draft may have prices (rule M9). What Stripe alone knows, such as the largest amount of a currency, is left to it.
 */
export function resolveNewPrice(asked: AskedPrice, ground: PriceGround): NewPriceVerdict {
  const { wanted } = ground;
  if (!ground.isConnected) {
    return refused('connection_disconnected');
  }
  if (wanted === null) {
    return refused('package_not_found');
  }
  if (wanted.status === 'ARCHIVED') {
    return refused('package_archived');
  }
  const code = refusalOfTerms(asked);
  if (code !== null) {
    return refused(code);
  }
  const found = resolveProduct(asked, { ...ground, name: wanted.name });
  return found.kind === 'REFUSED' ? found : (refusalByRule(asked, found.product, ground) ?? { kind: 'REQUEST', request: requestOf(asked, found.product) });
}

function requestOf({ packageId, currency, amount: unitAmount, interval, intervalCount, nickname }: AskedPrice, product: NewPrice['product']) {
  return { call: 'CREATE_PRICE', packageId, product, currency, unitAmount, interval: INTERVALS[interval], intervalCount, nickname } as const;
}

function refusalOfTerms({ currency, amount, interval, intervalCount }: AskedPrice): RefusedCommand['code'] | null {
  if (!isStripeCurrency(currency)) {
    return 'currency_unknown';
  }
  // Stripe would make it, and no card could ever be charged that.
  if (amount % payableStep(currency) !== 0) {
    return 'amount_not_payable';
  }
  return intervalCount > LONGEST[interval] ? 'interval_too_long' : null;
}

/** The one that is named, or else the package's own. Which of several it is nobody guesses: they are told instead. */
function resolveProduct({ productId }: AskedPrice, { named, ownProducts, name }: Pick<PriceGround, 'named' | 'ownProducts'> & { readonly name: string }): ProductVerdict {
  if (productId !== null) {
    return named === null ? refused('product_not_found') : named.deleted ? refused('product_deleted') : { kind: 'PRODUCT', product: { id: productId } };
  }
  const [own, ...others] = ownProducts;
  if (own === undefined) {
    return { kind: 'PRODUCT', product: { name } };
  }
  return others.length === 0 ? { kind: 'PRODUCT', product: { id: own } } : { kind: 'REFUSED', code: 'product_ambiguous', because: ownProducts };
}

/** A standing rule maps the price the moment it is first seen: it must not be another package's by then. */
function refusalByRule({ packageId, currency, interval }: AskedPrice, product: NewPrice['product'], { rules }: PriceGround): RefusedCommand | null {
  if (!('id' in product)) {
    return null;
  }
  const rule = resolveRule({ productId: product.id, type: 'recurring', interval: INTERVALS[interval], currency }, rules);
  return rule === null || rule.packageId === packageId ? null : { kind: 'REFUSED', code: 'product_ruled', because: [rule.id] };
}

function refused(code: RefusedCommand['code']): RefusedCommand {
  return { kind: 'REFUSED', code };
}
