import { PAUSE_BEHAVIORS } from '@app/stripe';
import { z } from 'zod';

import { prorationWord, previewWord } from '../commands/command-words.js';
import { callerId, stripeId } from '../http/schemas.js';
import { quantity, time } from './subscription-change.dto.js';

const wanted = {
  packageId: callerId.meta({ description: 'A published package.', example: 'business' }),
  priceId: stripeId.optional().meta({ description: 'One of the package’s prices. Unless given, the only one that is paid as often, and in the same currency, as what is there.' }),
  proration: prorationWord,
  preview: previewWord.optional(),
};

export const pauseInput = z
  .strictObject({
    behavior: z.enum(PAUSE_BEHAVIORS).meta({ description: 'What becomes of invoices meanwhile.', example: 'VOID' }),
    resumesAt: time.optional().meta({ description: 'When collection goes on by itself; it does not unless given.', example: '2026-04-01T12:00:00.000Z' }),
  })
  .meta({ id: 'PauseCollectionInput' });
export type PauseInputDto = z.output<typeof pauseInput>;

export const packageInput = z.strictObject(wanted).meta({ id: 'ChangePackageInput' });
export type PackageInputDto = z.output<typeof packageInput>;

export const addonInput = z.strictObject({ ...wanted, quantity: quantity.default(1) }).meta({ id: 'AddAddonInput' });
export type AddonInputDto = z.output<typeof addonInput>;

export const removalInput = z.strictObject({ proration: prorationWord, preview: previewWord.optional() }).meta({ id: 'RemoveAddonInput' });
export type RemovalInputDto = z.output<typeof removalInput>;
