import { type NestFastifyApplication, RouteConfig } from '@nestjs/platform-fastify';
import type { RawServerDefault } from 'fastify';

declare module 'fastify' {
  interface FastifyContextConfig {
    takesRawBody?: boolean;
  }
}

/** For operations whose body must stay as it came, byte for byte: `request.body` is then a Buffer, whatever is in it. */
export const RawBody = (): ReturnType<typeof RouteConfig> => RouteConfig({ takesRawBody: true });

/** Of all other operations nothing is kept beside the parsed body. Before the routes are registered. */
export function leaveRawBodies(app: NestFastifyApplication): void {
  const server = app.getHttpAdapter().getInstance();
  const parseJson = server.getDefaultJsonParser('error', 'error');
  app.useBodyParser<RawServerDefault>('application/json', { bodyLimit: server.initialConfig.bodyLimit }, (request, body, done) => {
    if (request.routeOptions.config.takesRawBody === true) {
      done(null, body);
    } else if (body.length === 0) {
      // Many clients name a type although they send nothing; whether something is needed is the operation's to say.
      done(null, undefined);
    } else {
      void parseJson(request, body.toString(), done);
    }
  });
}
