import type { Endpoint } from './endpoint.js';
import { missing } from './faults.js';

/** Only those of changes that were charged at once are kept. */
export const INVOICE_ENDPOINTS: Endpoint[] = [
  {
    pattern: '/v1/invoices/:id',
    right: 'invoices',
    answers: 'invoice',
    parameters: ['expand'],
    answer: ({ world, id }) => {
      const invoice = world.invoices.get(id);
      if (!invoice) throw missing('invoice', id, 'id');
      return invoice;
    },
  },
];
