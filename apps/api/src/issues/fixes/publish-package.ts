import { z } from 'zod';

import { defineFix } from './define-fix.js';

/** The package that the price was mapped to when this was last looked at. */
export const publishPackage = defineFix({
  input: z.strictObject({}),
  offers: ({ evidence }) => [{ title: `Publish package ${String(evidence['packageId'])}` }],
  run: async ({ packages, conversions }, { evidence }) => {
    const packageId = String(evidence['packageId']);
    await packages.publish(packageId);
    await conversions.afterPublishing(packageId);
  },
});
