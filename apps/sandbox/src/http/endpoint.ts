import { buildList } from '../objects/list.js';
import type { Collection, ListQuery } from '../store/collection.js';
import type { Listed } from '../store/ordered.js';
import type { Store } from '../store/store.js';
import type { World } from '../write/act.js';
import type { ExpandTree } from './expand.js';
import { missing } from './faults.js';
import type { Key, Right } from './keys.js';
import type { Parameters } from './parameters.js';
import type { View } from './view.js';

/** What an endpoint answers from. */
export interface Asked {
  world: World;
  store: Store;
  view: View;
  key: Key;
  parameters: Parameters;
  /** The `:id` of the path, decoded; empty where the path has none. */
  id: string;
  tree: ExpandTree;
}

/** One thing Stripe can be asked: its path pattern, the right it takes, its parameters, and the answer. */
export interface Endpoint {
  pattern: string;
  right: Right;
  /** What the answer is, for `expand[]`: `subscription`, or `subscription list`. */
  answers: string;
  parameters: readonly string[];
  notServed?: readonly string[];
  answer: (asked: Asked) => object;
}

/** The parts of a list query that every list reads alike. */
export function paging(parameters: Parameters): Pick<ListQuery<Listed>, 'limit' | 'created' | 'cursor'> {
  return { limit: parameters.limit(), created: parameters.created(), cursor: parameters.cursor() };
}

/** Reads one page of a collection and renders it. */
export function answerList<T extends Listed>(
  collection: Collection<T>,
  query: ListQuery<T>,
  rendering: { url: string; noun: string; render: (object: T) => object },
): object {
  const outcome = collection.list(query);
  if (outcome.kind === 'page') {
    return buildList(rendering.url, outcome.page.data.map(rendering.render), outcome.page.hasMore);
  }
  const param = query.cursor?.side === 'before' ? 'ending_before' : 'starting_after';
  throw missing(rendering.noun, query.cursor?.id ?? '', param);
}
