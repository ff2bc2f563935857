/** Stripe's idempotency key of a command: its id, and a number from the second key on. */
export function keyOf(commandId: string, keyNumber: number): string {
  return keyNumber === 1 ? commandId : `${commandId}-${keyNumber}`;
}

/** The command whose key this is, if it is one of ours; SQL. */
export const COMMAND_OF = (key: string): string => `split_part(${key}, '-', 1)`;
