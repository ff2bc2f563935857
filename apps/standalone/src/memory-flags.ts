/**
 * For node, of the api and the worker: by itself V8 lets garbage lie until some hundred megabytes have come together, the more
 * the more memory the machine has. A burst of 50,000 events took a worker to 530 MiB that needs 220. Left with that alone it
 * goes through all of its heap twice a second while an import runs, which is a sixth of the worker's processor time: it may
 * grow by so many percent before that. As in package.json and the Dockerfile.
 */
export const MEMORY_FLAGS: readonly string[] = ['--max-old-space-size=384', '--max-semi-space-size=8', '--heap-growing-percent=50'];

/** For glibc, which otherwise keeps freed memory for each of node's threads apart; some megabytes of a worker's. As in the Dockerfile. */
export const MEMORY_SETTINGS: Readonly<Record<string, string>> = { MALLOC_ARENA_MAX: '2' };
