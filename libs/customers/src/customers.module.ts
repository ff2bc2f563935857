import { Module } from '@nestjs/common';

import { CheckoutNotes } from './checkout-notes.js';
import { CustomerApplier } from './customer.applier.js';
import { PersonLinkApplier } from './person-link.applier.js';
import { ProfileApplier } from './profile.applier.js';
import { UserIdQueries } from './user-id.queries.js';
import { UserQueries } from './user.queries.js';
import { UserService } from './user.service.js';

const services = [CheckoutNotes, CustomerApplier, PersonLinkApplier, ProfileApplier, UserIdQueries, UserQueries, UserService];

/** Needs an `EntityManager`, a `Clock` and an `IdFactory` from the app. */
@Module({ providers: services, exports: services })
export class CustomersModule {}
