export const SEVERITIES = ['OK', 'WARNING', 'ERROR'] as const;

/** One thing that was looked at. */
export interface Finding {
  readonly code: string;
  readonly severity: (typeof SEVERITIES)[number];
  /** What it is about; null = the deployment as a whole. */
  readonly connectionId: string | null;
  readonly what: string;
  /** What to do; null = nothing. */
  readonly cure: string | null;
}

type Wrong = Pick<Finding, 'code' | 'what'> & { readonly cure: string };

export const fine = (code: string, what: string): Finding => ({ code, severity: 'OK', connectionId: null, what, cure: null });
export const warning = (wrong: Wrong): Finding => ({ ...wrong, severity: 'WARNING', connectionId: null });
export const failure = (wrong: Wrong): Finding => ({ ...wrong, severity: 'ERROR', connectionId: null });
