import type { AskedCommand } from './asked-command.js';
import type { CommandGround, ChangeVerdict } from './command.types.js';

/** Collection stands still: invoices are made and not collected, until then or until it is taken back. */
export function resolvePause({ behavior, resumesAt }: Extract<AskedCommand, { kind: 'PAUSE' }>, { subscription: { id }, now }: CommandGround): ChangeVerdict {
  if (resumesAt !== null && resumesAt <= now) {
    return { kind: 'REFUSED', code: 'resumes_at_past' };
  }
  return { kind: 'REQUEST', request: { call: 'UPDATE_SUBSCRIPTION', id, change: { pauseCollection: { behavior, resumesAt } } } };
}

export function resolveUnpause({ subscription: { id } }: CommandGround): ChangeVerdict {
  return { kind: 'REQUEST', request: { call: 'UPDATE_SUBSCRIPTION', id, change: { pauseCollection: null } } };
}
