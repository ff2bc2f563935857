import { isEndedStatus } from '../projection/read-status.js';
import type { AskedCommand } from './asked-command.js';
import type { CommandGround, CommandRefusal, ChangeVerdict } from './command.types.js';
import { resolveCancel } from './resolve-cancel.js';
import { resolveAddon, resolveRemoval, resolveSwap } from './resolve-packages.js';
import { resolvePause, resolveUnpause } from './resolve-pause.js';
import { resolveQuantity } from './resolve-quantity.js';
import { resolveResume } from './resolve-resume.js';

/**
 * Decides what Stripe is to be told, or why not (rule K1): when somebody asks, so that they are told at once, and again
 * when it is about to be sent, as what came before may have changed the ground.
 */
export function resolveCommand(asked: AskedCommand, ground: CommandGround): ChangeVerdict {
  const code = refusalOf(ground);
  if (code !== null) {
    return { kind: 'REFUSED', code };
  }
  switch (asked.kind) {
    case 'CANCEL':
      return resolveCancel(asked, ground);
    case 'RESUME':
      return resolveResume(ground);
    case 'CHANGE_QUANTITY':
      return resolveQuantity(asked, ground);
    case 'PAUSE':
      return resolvePause(asked, ground);
    case 'UNPAUSE':
      return resolveUnpause(ground);
    case 'CHANGE_PACKAGE':
      return resolveSwap(asked, ground);
    case 'ADD_ADDON':
      return resolveAddon(asked, ground);
    case 'REMOVE_ADDON':
      return resolveRemoval(asked, ground);
  }
}

/** What forbids any change. */
function refusalOf({ isConnected, isCustomerDeleted, subscription }: CommandGround): CommandRefusal | null {
  if (!isConnected) {
    return 'connection_disconnected';
  }
  if (isCustomerDeleted) {
    return 'customer_deleted';
  }
  if (isEndedStatus(subscription.status)) {
    return 'subscription_ended';
  }
  if (subscription.scheduleId !== null) {
    return 'schedule_attached';
  }
  return subscription.pendingUpdate ? 'pending_update' : null;
}
