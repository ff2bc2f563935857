import type { KanaError } from '@app/common';
import type { EntitlementAnswer } from '@app/subscriptions';

import { type EntitlementDto, toEntitlementDto } from '../entitlements/entitlement.dto.js';
import { describeFailure } from '../http/describe-failure.js';
import { type Problem, toProblem } from '../http/problem.js';

/** A problem that also says what the user has, so that a caller need not ask again to show it. */
export interface OverBudgetProblem extends Problem {
  entitlement: EntitlementDto;
}

export function toOverBudgetProblem(error: KanaError, answer: EntitlementAnswer, requestId: string): OverBudgetProblem {
  return { ...toProblem(describeFailure(error), requestId), entitlement: toEntitlementDto(answer) };
}
