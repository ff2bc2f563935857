import type { AccountDraft } from './draft.js';
import { SPECIAL_STORIES } from './special-customers.js';
import { SPECIAL_SUBSCRIPTIONS } from './special-subscriptions.js';

interface Scene {
  subscriptions: number;
  play(draft: AccountDraft): void;
}

const SUBSCRIPTION_SCENES: Scene[] = SPECIAL_SUBSCRIPTIONS.map(({ name, terms }) => ({
  subscriptions: 1,
  play(draft) {
    const customer = draft.customer({ email: `${name}@special.example`, name: 'Sam Special' });
    draft.subscribe({ customer, ...terms, special: name });
  },
}));

const CUSTOMER_SCENES: Scene[] = SPECIAL_STORIES.map((story) => ({
  subscriptions: story.customers.reduce((sum, one) => sum + one.subscriptions.length, 0),
  play(draft) {
    for (const one of story.customers) {
      const customer = draft.customer({ ...one.customer });
      for (const { status, price } of one.subscriptions) {
        const items = [{ price, quantity: 1 }];
        draft.subscribe({ customer, currency: 'usd', status, items, traits: {}, special: story.name });
      }
    }
  },
}));

/** How many subscriptions all special cases take together. An account at least this large has every one of them. */
export const SPECIALS_SIZE = [...SUBSCRIPTION_SCENES, ...CUSTOMER_SCENES].reduce(
  (sum, scene) => sum + scene.subscriptions,
  0,
);

/** Writes every special case that fits into an account of this size: by construction, never by chance. */
export function playSpecials(draft: AccountDraft, size: number): void {
  for (const scene of [...SUBSCRIPTION_SCENES, ...CUSTOMER_SCENES]) {
    if (draft.subscriptions.length + scene.subscriptions <= size) scene.play(draft);
  }
}
