import { z } from 'zod';

import { SEVERITIES } from './findings.js';

const finding = z.strictObject({
  code: z.string().meta({ description: 'Stable, snake_case: branch on this.' }),
  severity: z.enum(SEVERITIES).meta({ description: '`OK`: was looked at, and nothing is wrong. `WARNING`: works, and could be better, or soon will not. `ERROR`: does not work.' }),
  connectionId: z.string().nullable().meta({ description: 'What it is about; null = the deployment as a whole.' }),
  what: z.string(),
  cure: z.string().nullable().meta({ description: 'What to do; null = nothing.' }),
});

export const examination = z.strictObject({ findings: z.array(finding) }).meta({ id: 'Examination' });
export type ExaminationDto = z.output<typeof examination>;

export const examinationExample: ExaminationDto = {
  findings: [
    { code: 'ready', severity: 'OK', connectionId: null, what: 'The database has the schema of this version, and the queue answers.', cure: null },
    {
      code: 'webhook_disabled',
      severity: 'ERROR',
      connectionId: 'conn_06f3k2',
      what: 'The webhook endpoint we_1Q2w3E is disabled in Stripe: it sends nothing.',
      cure: '`npm run kana -- doctor --repair` puts it right, as does POST /v1/stripe/connections/conn_06f3k2/check.',
    },
  ],
};
