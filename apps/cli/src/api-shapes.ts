/** What the commands read of the api's answers; openapi.json has them whole. */
export interface Run {
  id: string;
  kind: string;
  status: string;
  counts: Record<'seen' | 'created' | 'updated' | 'unchanged' | 'parked' | 'failed' | 'partlyParked', number>;
  progress: { percent: number | null; perSecond: number | null; etaSeconds: number | null };
  error: { code: string; detail: string } | null;
  /** Of a reconciliation that has stopped at the brake. */
  brake?: { usersLosingAccess: number; usersWithAccess: number } | null;
}

/** What the doctor has looked at. */
export interface Finding {
  code: string;
  severity: 'OK' | 'WARNING' | 'ERROR';
  connectionId: string | null;
  what: string;
  cure: string | null;
}

export interface SyncStatus {
  connectionId: string;
  isConnected: boolean;
  syncedThrough: string | null;
  lagSeconds: number | null;
  gapSince: string | null;
  keptBy: string;
  events: { waiting: number; failed: number; dead: number; longestOpenSeconds: number | null };
  poll: { completedAt: string | null; isUnderWay: boolean; error: { code: string; detail: string } | null };
  webhook: { isWorking: boolean | null };
  activeImport: { id: string; status: string } | null;
  openIssues: number;
}
