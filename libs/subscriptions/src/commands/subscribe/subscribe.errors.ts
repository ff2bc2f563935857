import type { KanaError } from '@app/common';

import { subscribeRefused } from '../../manual/manual.errors.js';
import { commandRefused } from '../command.errors.js';
import type { RefusedSubscribe } from './subscribe.types.js';

/** All packages that are in the wrong in one error, each with a pointer, where it is about them. */
export function subscribingRefused(packageIds: readonly string[], { packages, ...refusal }: RefusedSubscribe): KanaError {
  return packages === undefined ? commandRefused(refusal, '/priceIds') : subscribeRefused(packageIds, packages);
}
