import type { KanaError } from '@app/common';

import { subscribeRefused } from '../../manual/manual.errors.js';
import { COMMAND_POINTERS, commandRefused, type RefusalPointers } from '../command.errors.js';
import type { RefusedSubscribe } from './subscribe.types.js';

const POINTERS: RefusalPointers = { ...COMMAND_POINTERS, price_not_found: '/priceIds', price_ambiguous: '/priceIds', price_differs: '/priceIds' };

/** All packages that are in the wrong in one error, each with a pointer, where it is about them. */
export function subscribingRefused(packageIds: readonly string[], { packages, ...refusal }: RefusedSubscribe): KanaError {
  return packages === undefined ? commandRefused(refusal, POINTERS) : subscribeRefused(packageIds, packages);
}
