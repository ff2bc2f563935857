import { addonInput, ignoreInput, mappingInput } from '../../prices/price.dto.js';
import { defineFix } from './define-fix.js';

export const mapPrice = defineFix({
  input: mappingInput,
  offers: () => [{ title: 'Map the price to a package', body: {} }],
  run: async ({ prices }, { connectionId, subjectId }, { packageId }) => {
    await prices.mapOne(connectionId, { priceId: subjectId, packageId });
  },
});

export const ignorePrice = defineFix({
  input: ignoreInput,
  offers: () => [{ title: 'Ignore the price: it is no package on purpose', body: {} }],
  run: async ({ prices }, { connectionId, subjectId }, { reason }) => {
    await prices.ignore(connectionId, subjectId, reason);
  },
});

export const generateAddon = defineFix({
  input: addonInput,
  offers: () => [{ title: 'Make an add-on package from the price', body: {} }],
  run: async ({ addons }, { connectionId, subjectId }, input) => {
    await addons.generate(connectionId, subjectId, input);
  },
});
