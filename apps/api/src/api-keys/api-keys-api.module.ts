import { AccessModule } from '@app/access';
import { Module } from '@nestjs/common';

import { ApiKeyController } from './api-key.controller.js';
import { DeploymentModeQueries } from './deployment-mode.queries.js';

@Module({ imports: [AccessModule], controllers: [ApiKeyController], providers: [DeploymentModeQueries] })
export class ApiKeysApiModule {}
