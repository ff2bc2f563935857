import { sqlRows } from '@app/common';
import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';

/** The deployment's mode (rule N3), for the prefix of new keys; TEST while nothing is connected. */
@Injectable()
export class DeploymentModeQueries {
  constructor(private readonly em: EntityManager) {}

  async mode(): Promise<'LIVE' | 'TEST'> {
    const [row] = await sqlRows<{ mode: 'LIVE' | 'TEST' | null }>(this.em.fork(), 'select mode from deployment limit 1');
    return row?.mode ?? 'TEST';
  }
}
