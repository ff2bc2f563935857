import { processInfo } from './postgres/process-info.js';

const POLL_MS = 500;

/**
 * Tells when the process that started us is gone: a shell passes Ctrl-C on, but an npm that is killed passes nothing
 * on, and we would run on unseen. npm may have put a shell between itself and us, which stays; so the parent's parent
 * is watched, too, where the system tells it cheaply.
 */
export function watchParent(onGone: () => void): void {
  const first = ancestors();
  const timer = setInterval(() => {
    if (ancestors() !== first) {
      clearInterval(timer);
      onGone();
    }
  }, POLL_MS);
  timer.unref();
}

function ancestors(): string {
  const parent = process.ppid;
  const info = process.platform === 'linux' ? processInfo(parent) : undefined;
  return info !== undefined && /^\S*sh -c /.test(info.command) ? `${parent} ${info.parentPid}` : `${parent}`;
}
