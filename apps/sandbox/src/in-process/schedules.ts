import { BY_ITSELF } from '../events/event-record.js';
import { badRequest, missing } from '../http/faults.js';
import { buildSchedule } from '../objects/schedule.js';
import type { WireSchedule } from '../objects/schedule.js';
import { Act } from '../write/act.js';
import type { World } from '../write/act.js';
import { endSubscription } from '../write/subscription-endings.js';
import { saveSubscription } from '../write/subscription-states.js';

/** What can become of a schedule; all but `updated` and `expiring` end it. */
export const SCHEDULE_TURNS = ['updated', 'expiring', 'released', 'completed', 'aborted', 'canceled'] as const;
export type ScheduleTurn = (typeof SCHEDULE_TURNS)[number];

/** Subscription schedules, as far as others feel them: attached to a subscription, and told of by events. */
export class Schedules {
  private readonly schedules = new Map<string, WireSchedule>();

  constructor(private readonly world: World) {}

  /** From now on the schedule manages the subscription. */
  attach(subscriptionId: string): WireSchedule {
    const act = new Act(this.world, BY_ITSELF);
    const subscription = act.subscription(subscriptionId, 'subscription');
    if (subscription.schedule !== null || !act.store.isLive(subscription)) {
      throw badRequest(`The subscription \`${subscriptionId}\` has a schedule, or is over.`, { param: 'subscription' });
    }
    const id = act.newId('sub_sched_1');
    const schedule = buildSchedule(id, act.now(subscription.test_clock), subscription, act.store.itemsOf(subscriptionId));
    this.schedules.set(id, schedule);
    act.record('subscription_schedule.created', { kind: 'other', object: schedule });
    saveSubscription(act, subscription, { fields: { schedule: id } });
    return schedule;
  }

  /** What ends a schedule leaves the subscription to itself; `canceled` ends that, too. */
  turn(id: string, turn: ScheduleTurn): WireSchedule {
    const act = new Act(this.world, BY_ITSELF);
    const known = this.schedules.get(id);
    if (!known) throw missing('subscription_schedule', id, 'id');
    const subscription = known.subscription === null ? undefined : act.store.subscriptions.get(known.subscription);
    const schedule = turned(known, turn, act.now(known.test_clock));
    this.schedules.set(id, schedule);
    const type = `subscription_schedule.${turn}`;
    act.record(type, { kind: 'other', object: schedule }, turn === 'updated' ? { kind: 'other', object: known } : undefined);
    if (!subscription || schedule.subscription !== null) return schedule;
    const freed = saveSubscription(act, subscription, { fields: { schedule: null } });
    if (turn === 'canceled') endSubscription(act, freed, { reason: 'cancellation_requested' });
    return schedule;
  }
}

function turned(schedule: WireSchedule, turn: ScheduleTurn, at: number): WireSchedule {
  const ended = { ...schedule, current_phase: null, subscription: null };
  switch (turn) {
    case 'updated':
      return { ...schedule, metadata: { ...schedule.metadata, updated_at: String(at) } };
    case 'expiring':
      return schedule;
    case 'released':
      return { ...ended, status: 'released', released_at: at, released_subscription: schedule.subscription };
    case 'completed':
      return { ...ended, status: 'completed', completed_at: at };
    case 'aborted':
    case 'canceled':
      return { ...ended, status: 'canceled', canceled_at: at };
    default:
      return unknownTurn(turn);
  }
}

function unknownTurn(turn: never): never {
  throw new Error(`There is no such turn: ${String(turn)}`);
}
