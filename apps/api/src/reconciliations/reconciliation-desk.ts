import { DriftLedger, ImportRunService, ReconciliationService } from '@app/sync';
import { Injectable } from '@nestjs/common';

/** The ledgers that reconciliations are told from. */
@Injectable()
export class ReconciliationDesk {
  constructor(
    readonly runs: ImportRunService,
    readonly reconciliations: ReconciliationService,
    readonly drift: DriftLedger,
  ) {}
}
