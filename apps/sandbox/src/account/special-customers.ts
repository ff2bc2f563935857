import type { CustomerDraft, ItemDraft } from './draft.js';

/** A few customers of one story, and what each is subscribed to: `[status, base price]`. */
interface SpecialStory {
  name: string;
  customers: { customer: CustomerDraft; subscriptions: { status: string; price: ItemDraft['price'] }[] }[];
}

const TEAM = 'price_TeamMonthUsd';
const BUSINESS = 'price_BusinessMonthUsd';

type Subscribed = [status: string, price: string];

function who(customer: Partial<CustomerDraft>, ...subscribed: Subscribed[]): SpecialStory['customers'][number] {
  const subscriptions = (subscribed.length > 0 ? subscribed : [['active', TEAM] satisfies Subscribed]).map(
    ([status, price]) => ({ status, price }),
  );
  return { customer: { email: null, name: 'Sam Special', ...customer }, subscriptions };
}

function withUserId(name: string, userId: string): SpecialStory {
  return { name, customers: [who({ email: `${name}@special.example`, metadata: { kana_user_id: userId } })] };
}

function named(name: string, personName: string | null): SpecialStory {
  return { name, customers: [who({ email: `${name}@special.example`, name: personName })] };
}

const EMAILS: SpecialStory[] = [
  { name: 'no_email_live', customers: [who({ email: null })] },
  { name: 'no_email_ended', customers: [who({ email: null }, ['canceled', TEAM])] },
  {
    name: 'email_in_capitals',
    customers: [who({ email: 'casey.caps@special.example' }), who({ email: 'Casey.CAPS@Special.Example' })],
  },
  {
    name: 'email_with_spaces',
    customers: [who({ email: 'sky.space@special.example' }), who({ email: ' sky.space@special.example ' })],
  },
  {
    name: 'email_in_two_unicode_forms',
    customers: [
      who({ email: 'zoé@special.example'.normalize('NFC') }),
      who({ email: 'zoé@special.example'.normalize('NFD') }),
    ],
  },
  {
    name: 'two_customers_one_person',
    customers: [
      who({ email: 'dana.double@special.example' }, ['canceled', TEAM]),
      who({ email: 'dana.double@special.example' }, ['active', BUSINESS]),
    ],
  },
  { name: 'very_long_email', customers: [who({ email: `${'long.'.repeat(60)}name@special.example` })] },
];

const DELETED: SpecialStory[] = [
  { name: 'deleted_customer', customers: [who({ email: 'gone@special.example', deleted: true }, ['canceled', TEAM])] },
  {
    name: 'deleted_customer_with_two',
    customers: [
      who({ email: 'gone.twice@special.example', deleted: true }, ['canceled', TEAM], ['canceled', 'price_SupportMonth']),
    ],
  },
];

const METADATA: SpecialStory[] = [
  withUserId('user_id_given', 'user_known_to_company'),
  withUserId('user_id_empty', ''),
  withUserId('user_id_padded', 'padded '),
  withUserId('user_id_too_long', 'x'.repeat(300)),
  withUserId('user_id_dots', '..'),
  {
    name: 'one_user_id_on_two_customers',
    customers: [
      who({ email: 'left@special.example', metadata: { kana_user_id: 'user_shared' } }),
      who({ email: 'right@special.example', metadata: { kana_user_id: 'user_shared' } }, ['active', 'price_SupportMonth']),
    ],
  },
];

const SEVERAL: SpecialStory[] = [
  {
    name: 'two_bases_by_two_subscriptions',
    customers: [who({ email: 'two.bases@special.example' }, ['active', TEAM], ['active', BUSINESS])],
  },
  {
    name: 'same_base_by_two_subscriptions',
    customers: [who({ email: 'same.twice@special.example' }, ['active', TEAM], ['trialing', 'price_TeamYearUsd'])],
  },
  {
    name: 'three_subscriptions',
    customers: [
      who({ email: 'three@special.example' }, ['active', BUSINESS], ['active', 'price_SupportMonth'], ['past_due', TEAM]),
    ],
  },
  {
    name: 'subscribed_again',
    customers: [who({ email: 'again@special.example' }, ['canceled', TEAM], ['active', TEAM])],
  },
];

const NAMES: SpecialStory[] = [
  named('name_missing', null),
  named('name_emoji', '🦊 Fox & Söhne 🦊'),
  named('name_right_to_left', 'مريم الزهراء'),
  named('name_very_long', 'Very Long '.repeat(50).trim()),
];

export const SPECIAL_STORIES: SpecialStory[] = [...EMAILS, ...DELETED, ...METADATA, ...SEVERAL, ...NAMES];
