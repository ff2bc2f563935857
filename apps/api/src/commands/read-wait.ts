const WAIT = /(?:^|[,;\s])wait\s*=\s*(\d{1,3})\s*(?:$|[,;])/i;
const LONGEST_SECONDS = 30;

/** How long the caller would wait for the end (`Prefer: wait=5`, RFC 7240): 1–30 seconds; null = not at all. What is no such preference is overlooked. */
export function readWait(prefer: string | readonly string[] | undefined): number | null {
  const [, seconds] = WAIT.exec([prefer ?? []].flat().join(', ')) ?? [];
  return seconds === undefined || Number(seconds) < 1 ? null : Math.min(LONGEST_SECONDS, Number(seconds));
}
