import { conflict, type KanaError, refused } from '@app/common';

import type { EntitlementReason } from '../entitlements/entitlement.types.js';

export const featureNotConsumable = (id: string): KanaError =>
  refused('feature_not_consumable', `Feature "${id}" is binary: it is there or not, and has no usage.`);

export const usageBelowZero = (total: number, amount: number): KanaError =>
  refused('usage_below_zero', `The period's total is ${total}; ${amount} would take it below zero.`);

export const usageTooLarge = (): KanaError =>
  refused('usage_too_large', 'The period\'s total would pass what can be counted exactly.');

/** Also where the user has no access at all: the reason says so. */
export const usageOverBudget = ({ text }: EntitlementReason): KanaError => conflict('usage_over_budget', `Nothing was recorded. ${text}`);

export const usageInFuture = (): KanaError =>
  refused('usage_in_future', '`occurredAt` is in the future. Usage is recorded when it has happened.');

export const idempotencyKeyReused = (key: string): KanaError =>
  refused('idempotency_key_reused', `Idempotency key "${key}" was used for another record. Use a new key for each record.`);

