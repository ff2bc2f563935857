/**
 * For node, of the api and the worker: by itself V8 lets garbage lie until some hundred megabytes have come together, the more
 * the more memory the machine has. A burst of 50,000 events took a worker to 530 MiB that needs 220. As in the Dockerfile.
 */
export const MEMORY_FLAGS: readonly string[] = ['--max-old-space-size=384', '--max-semi-space-size=8'];
