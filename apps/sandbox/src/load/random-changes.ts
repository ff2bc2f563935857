import { Random } from '../account/random.js';
import { BY_ITSELF } from '../events/event-record.js';
import type { ItemFacts } from '../objects/subscription-item.js';
import { Act } from '../write/act.js';
import type { World } from '../write/act.js';
import { saveSubscription } from '../write/subscription-states.js';

const MOST_UNITS = 50;

/** Changes live subscriptions at random, cheaply: the quantity of an item, or metadata where none has one. One event each. */
export class RandomChanges {
  private readonly random: Random;
  private readonly ids: string[];
  private made = 0;

  constructor(
    private readonly world: World,
    seed: string,
  ) {
    this.random = new Random(seed).fork('load');
    this.ids = world.store.liveIds(this.random);
  }

  /** Whether there was a subscription to change. */
  change(): boolean {
    const { store } = this.world;
    while (this.ids.length > 0) {
      const place = this.random.below(this.ids.length);
      const subscription = store.subscriptions.get(this.ids[place] ?? '');
      if (subscription && store.isLive(subscription)) {
        const items = this.changedItems(store.itemsOf(subscription.id));
        this.made += 1;
        const fields = items ? {} : { metadata: { ...subscription.metadata, load: String(this.made) } };
        saveSubscription(new Act(this.world, BY_ITSELF), subscription, { fields, ...(items ? { items } : {}) });
        return true;
      }
      // One that is over meanwhile gives its place to the last.
      const last = this.ids.pop();
      if (last !== undefined && place < this.ids.length) this.ids[place] = last;
    }
    return false;
  }

  private changedItems(items: ItemFacts[]): ItemFacts[] | undefined {
    const counted = items.filter((item) => item.quantity !== undefined);
    const chosen = counted[this.random.below(Math.max(1, counted.length))];
    if (chosen?.quantity === undefined) return undefined;
    const quantity = 1 + ((chosen.quantity + this.random.below(MOST_UNITS - 1)) % MOST_UNITS);
    const other = quantity === chosen.quantity ? quantity + 1 : quantity;
    return items.map((item) => (item === chosen ? { ...item, quantity: other } : item));
  }
}
