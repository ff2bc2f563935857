import type { AccountDraft, CustomerDraft, ItemDraft, SubscriptionDraft, Traits } from './draft.js';
import { ordinaryPerson, respelled } from './people.js';
import type { Person } from './people.js';
import type { Random } from './random.js';

const STATUSES = [
  ['active', 66],
  ['canceled', 18],
  ['trialing', 6],
  ['past_due', 4],
  ['unpaid', 2],
  ['incomplete', 1],
  ['incomplete_expired', 2],
  ['paused', 1],
] as const;

const KINDS = [
  ['base', 40],
  ['base with add-ons', 41],
  ['add-ons only', 4],
  ['legacy price', 2],
  ['legacy product', 3],
  ['retainer only', 2],
  ['base and retainer', 2],
  ['own terms', 4],
  ['base and own terms', 1.5],
  ['many lines', 0.5],
] as const;

const PLANS = [['Starter', 5], ['Team', 4], ['Business', 1.5]] as const;
const INTERVALS = [['Month', 7], ['Year', 3]] as const;
const CURRENCIES = [['usd', 7], ['eur', 2], ['jpy', 1]] as const;

type Currency = (typeof CURRENCIES)[number][0];

/**
 * Fills the account up to its size with the customers and subscriptions of an ordinary month. `known`: how many people
 * are numbered already; a number makes an email nobody else's.
 */
export function playOrdinary(draft: AccountDraft, size: number, random: Random, known = 0): void {
  const crowd = new Crowd(draft, random.fork('people'), known);
  while (draft.subscriptions.length < size) {
    if (size - draft.subscriptions.length >= 2 && random.chance(0.01)) playDuplicate(draft, crowd, random);
    else draft.subscribe(ordinarySubscription(random, crowd.next()));
  }
  // Some customers never subscribed: trials of the checkout, invoices only.
  while (draft.customers.length < Math.round(size * 0.95)) crowd.newcomer();
}

/** A second customer for the same person, as Checkout makes them: the first one's subscription is over. */
function playDuplicate(draft: AccountDraft, crowd: Crowd, random: Random): void {
  const first = crowd.newcomer();
  const second = draft.customer({ ...first, metadata: {}, deleted: false });
  draft.subscribe({ ...ordinarySubscription(random, first), status: 'canceled' });
  draft.subscribe({ ...ordinarySubscription(random, second), status: 'active' });
}

/** Hands out the customers of an ordinary account. */
class Crowd {
  private readonly known: CustomerDraft[] = [];

  constructor(
    private readonly draft: AccountDraft,
    private readonly random: Random,
    private number: number,
  ) {}

  /** Mostly somebody new, sometimes one who is subscribed already. */
  next(): CustomerDraft {
    const before = this.known[this.random.below(this.known.length)];
    return before && this.random.chance(0.08) ? before : this.newcomer();
  }

  newcomer(): CustomerDraft {
    this.number += 1;
    const person = ordinaryPerson(this.random, this.number);
    const customer = this.draft.customer({
      name: person.name,
      email: this.email(person),
      metadata: this.random.chance(0.05) ? { kana_user_id: `user_${String(this.number).padStart(6, '0')}` } : {},
      deleted: this.random.chance(0.01),
    });
    this.known.push(customer);
    return customer;
  }

  private email(person: Person): string | null {
    if (this.random.chance(0.02)) return null;
    const other = this.known[this.random.below(this.known.length)]?.email;
    return other && this.random.chance(0.03) ? respelled(this.random, other.trim()) : person.email;
  }
}

function ordinarySubscription(random: Random, customer: CustomerDraft): SubscriptionDraft {
  const status = customer.deleted ? 'canceled' : random.weighted(STATUSES);
  const kind = random.weighted(KINDS);
  // What is sold in dollars only keeps its subscription in dollars.
  const dollarsOnly = kind !== 'base' && kind !== 'base with add-ons' && kind !== 'add-ons only';
  const currency = dollarsOnly ? 'usd' : random.weighted(CURRENCIES);
  return { customer, currency, status, items: ordinaryItems(random, kind, currency), traits: traits(random, status) };
}

function ordinaryItems(random: Random, kind: (typeof KINDS)[number][0], currency: Currency): ItemDraft[] {
  switch (kind) {
    case 'base':
      return [base(random, currency)];
    case 'base with add-ons':
      return [base(random, currency), ...addons(random, currency)];
    case 'add-ons only':
      return addons(random, currency);
    case 'legacy price':
      return [{ price: 'price_StarterLegacyUsd', quantity: 1 }];
    case 'legacy product':
      return [{ price: random.pick(['price_LegacyProMonthUsd', 'price_LegacyProYearUsd']), quantity: 1 }];
    case 'retainer only':
      return [{ price: 'price_RetainerMonthUsd', quantity: 1 }];
    case 'base and retainer':
      return [base(random, currency), { price: 'price_RetainerMonthUsd', quantity: 1 }];
    case 'own terms':
      return [ownTerms(random)];
    case 'base and own terms':
      return [base(random, currency), ownTerms(random)];
    case 'many lines':
      return [base(random, currency), ...seatLines(random, 11 + random.below(14))];
  }
}

function base(random: Random, currency: Currency): ItemDraft {
  if (currency === 'usd' && random.chance(0.06)) return unusualBase(random);
  const suffix = currency.charAt(0).toUpperCase() + currency.slice(1);
  return { price: `price_${random.weighted(PLANS)}${random.weighted(INTERVALS)}${suffix}`, quantity: 1 };
}

function unusualBase(random: Random): ItemDraft {
  const price = random.pick(['gold plan/2019', 'price_TeamQuarterUsd', 'price_BusinessTieredUsd']);
  return { price, quantity: price === 'price_BusinessTieredUsd' ? 1 + random.below(80) : 1 };
}

/** One to three different add-ons. */
function addons(random: Random, currency: Currency): ItemDraft[] {
  const suffix = currency.charAt(0).toUpperCase() + currency.slice(1);
  const all: ItemDraft[] = [
    { price: `price_SeatsMonth${suffix}`, quantity: random.chance(0.03) ? 0 : 1 + random.below(40) },
    { price: 'price_SupportMonth', quantity: 1 },
    { price: 'price_SsoMonth', quantity: 1 },
    { price: 'price_ApiCallsMonth' },
    { price: 'price_StorageMonth', quantity: 10 * (1 + random.below(100)) },
  ];
  return random.shuffle(all).slice(0, 1 + random.below(3));
}

function ownTerms(random: Random): ItemDraft {
  const minor = 1_000 * (1 + random.below(500));
  const interval = random.pick(['month', 'year'] as const);
  return { price: { amount: { kind: 'whole', minor }, every: { interval } }, quantity: 1 };
}

function seatLines(random: Random, lines: number): ItemDraft[] {
  return Array.from({ length: lines }, (_, index) => ({
    price: 'price_SeatsMonthUsd',
    quantity: 1 + random.below(9),
    metadata: { department: `d${index + 1}` },
  }));
}

const PAUSES = ['void', 'keep_as_draft', 'mark_uncollectible'] as const;

function traits(random: Random, status: string): Partial<Traits> {
  const live = status === 'active' || status === 'trialing';
  return {
    billingMode: random.chance(0.3) ? 'classic' : 'flexible',
    cancelAtPeriodEnd: live && random.chance(0.03),
    cancelsLater: live && random.chance(0.01),
    ...(random.chance(0.1) ? { daysUntilDue: 30 } : {}),
    ...(random.chance(0.4) ? { defaultPaymentMethod: random.id('pm_1', 23) } : {}),
    ...(random.chance(0.05) ? { discounts: [random.id('di_1', 23)] } : {}),
    ...(live && random.chance(0.01) ? { pauseCollection: { behavior: random.pick(PAUSES), resumes_at: null } } : {}),
    ...(live && random.chance(0.02) ? { schedule: random.id('sub_sched_1', 23) } : {}),
    backdated: random.chance(0.03),
  };
}
