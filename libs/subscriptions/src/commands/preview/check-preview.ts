/** How long a preview is good for, seconds: Stripe reckons to its second, and the longer ago that is, the less is given back. */
export const PREVIEW_SECONDS = 600;

/** What a preview was of; sealed, and handed to whoever asked. */
export interface PreviewMark {
  /** A digest of what was asked for. */
  readonly asked: string;
  /** A digest of what was decided on. */
  readonly ground: string;
  readonly prorationDate: string | null;
  /** When, RFC 3339, by the database's clock. */
  readonly at: string;
}

export type PreviewRefusal = 'preview_differs' | 'preview_expired' | 'preview_outdated';

/** Whether a command may rely on a preview: what was previewed is what is done, or it is not done. */
export function checkPreview(mark: PreviewMark, now: Pick<PreviewMark, 'asked' | 'ground' | 'at'>): PreviewRefusal | null {
  if (mark.asked !== now.asked) {
    return 'preview_differs';
  }
  if (Date.parse(now.at) - Date.parse(mark.at) > PREVIEW_SECONDS * 1000) {
    return 'preview_expired';
  }
  return mark.ground === now.ground ? null : 'preview_outdated';
}
