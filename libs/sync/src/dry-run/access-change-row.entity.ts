import { defineEntity, p } from '@mikro-orm/core';

import { ImportRun } from '../import-run.entity.js';

const changeSchema = defineEntity({
  name: 'ImportAccessChange',
  tableName: 'import_access_change',
  properties: {
    runId: () => p.manyToOne(ImportRun).mapToPk().primary().fieldName('run_id'),
    /** As it would be after the run: most of these users are not there yet. */
    userId: p.text().primary(),
    /** Features that the user would have and has not, and the other way round; each sorted. */
    gained: p.json<string[]>(),
    lost: p.json<string[]>(),
  },
});

/** What one user would gain and lose by the import that a dry run has tried. Others have no row. */
export class ImportAccessChange extends changeSchema.class {}
changeSchema.setClass(ImportAccessChange);
