import { CATALOGUE_SOURCES, LIVE_SOURCES } from '@comanda/contracts';
import { Broker, ENTROPY, EventListener, Outbox, Requester, SYSTEM_TIMERS } from '@comanda/messaging';
import { DeadLetters } from '@comanda/operations';
import {
  connectRedis,
  DATABASE,
  HEALTH_CHECKS,
  type HealthCheck,
  HealthController,
  LOGGER,
  OperatorServer,
  REDIS,
  rabbitUrlOf,
  redisOf,
} from '@comanda/service-kit';
import { type Database, openDatabase } from '@comanda/storage';
import { type DynamicModule, Module } from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_PIPE } from '@nestjs/core';
import { TerminusModule } from '@nestjs/terminus';
import type { Redis } from 'ioredis';
import type { Logger } from 'pino';
import { AccountsController } from './accounts/accounts.controller.js';
import { Accounts } from './accounts/accounts.js';
import { AuthController } from './accounts/auth.controller.js';
import { DEMO_ACCOUNT_IDS } from './accounts/demo-accounts.js';
import { Guesses } from './accounts/guesses.js';
import { InvitationsController } from './accounts/invitations.controller.js';
import { Invitations } from './accounts/invitations.js';
import { JwksController } from './accounts/jwks.controller.js';
import { MeController } from './accounts/me.controller.js';
import { People } from './accounts/people.js';
import { Profiles } from './accounts/profiles.js';
import { RegistrationController } from './accounts/registration.controller.js';
import { RefreshController, SessionsController } from './accounts/sessions.controller.js';
import { Sessions } from './accounts/sessions.js';
import { SwitchController } from './accounts/switch.controller.js';
import { Tenants } from './accounts/tenants.js';
import { ApiKeysController } from './api-keys/api-keys.controller.js';
import { ApiKeys } from './api-keys/api-keys.js';
import { AccessGuard } from './auth/access.guard.js';
import { AccessTokens } from './auth/access-tokens.js';
import { ForeignIssuer } from './auth/foreign-issuer.js';
import { KnownKeys } from './auth/known-keys.js';
import { OpenAccounts } from './auth/open-accounts.js';
import { Scope } from './auth/scopes.js';
import { SigningKeys } from './auth/signing-keys.js';
import { Tickets } from './auth/tickets.js';
import type { GatewayConfig } from './config.js';
import { DeadLettersController } from './dead-letters/dead-letters.controller.js';
import { healthChecks } from './health-checks.js';
import { CONFIG, FOREIGN_ISSUER } from './injection-tokens.js';
import { Leaving } from './leaving.js';
import { Lifecycle } from './lifecycle.js';
import { RateLimit, TESTS_PER_MINUTE } from './limits/rate-limit.js';
import { SharedCounts } from './limits/shared-counts.js';
import { LiveController } from './live/live.controller.js';
import { LiveFeed } from './live/live-feed.js';
import { OpenStreams } from './live/open-streams.js';
import { OrderSteps } from './live/order-steps.js';
import { OrderStreamController } from './live/order-stream.controller.js';
import { OrderViews } from './live/order-views.js';
import { StreamPlaces } from './live/stream-places.js';
import { AcceptedOrders } from './orders/accepted-orders.js';
import { ContactKey } from './orders/contact-key.js';
import { NotificationsController } from './orders/notifications.controller.js';
import { OrderChangesController } from './orders/order-changes.controller.js';
import { OrderCommands } from './orders/order-commands.js';
import { OrderPlacementController } from './orders/order-placement.controller.js';
import { OrdersController } from './orders/orders.controller.js';
import { OrdersOfKeys } from './orders/orders-of-keys.js';
import { SharedAcceptedOrders } from './orders/shared-accepted-orders.js';
import { VisibleOrders } from './orders/visible-orders.js';
import { paymentCallbacks } from './payments/index.js';
import { ProviderNews } from './payments/provider-news.js';
import { ProblemFilter } from './problems/problem.filter.js';
import { validation } from './problems/validation.js';
import { ProductLookUp } from './products/product-look-up.js';
import { ProductReads } from './products/product-reads.js';
import { ProductsController } from './products/products.controller.js';
import { ServiceClient } from './routes/service-client.js';
import { TwilioCallbackController } from './sms/twilio-callback.js';
import { IdempotencyKeys } from './storage/idempotency-keys.js';
import { KeptCommands } from './storage/kept-commands.js';
import { migrations } from './storage/migrations.js';
import { SealingKeys } from './storage/sealing-keys.js';
import { DeliveriesController } from './subscriptions/deliveries.controller.js';
import { DeliveryProofsController } from './subscriptions/delivery-proofs.controller.js';
import { EventTypesController } from './subscriptions/event-types.controller.js';
import { ReplaysController } from './subscriptions/replays.controller.js';
import { SubscriptionStatsController } from './subscriptions/subscription-stats.controller.js';
import { SubscriptionTestsController } from './subscriptions/subscription-tests.controller.js';
import { SubscriptionsController } from './subscriptions/subscriptions.controller.js';

/** The gateway and all that it is made of. */
@Module({})
// biome-ignore lint/complexity/noStaticOnlyClass: Nest's form of a module with options
export class GatewayModule {
  static of(config: GatewayConfig, logger: Logger): DynamicModule {
    return {
      module: GatewayModule,
      imports: [TerminusModule.forRoot({ logger: false })],
      controllers: [
        AuthController,
        MeController,
        InvitationsController,
        AccountsController,
        ApiKeysController,
        RefreshController,
        SessionsController,
        RegistrationController,
        SwitchController,
        JwksController,
        OrderPlacementController,
        OrderChangesController,
        OrdersController,
        NotificationsController,
        OrderStreamController,
        LiveController,
        ProductsController,
        ...paymentCallbacks,
        TwilioCallbackController,
        SubscriptionsController,
        ReplaysController,
        SubscriptionStatsController,
        SubscriptionTestsController,
        DeliveriesController,
        DeliveryProofsController,
        EventTypesController,
        DeadLettersController,
        HealthController,
      ],
      providers: [
        { provide: CONFIG, useValue: config },
        { provide: LOGGER, useValue: logger },
        {
          provide: DATABASE,
          useFactory: () =>
            openDatabase(config.GATEWAY_DATABASE_URL, migrations, logger, {
              keepConfirmed: config.OUTBOX_KEPT_SECONDS > 0,
            }),
        },
        { provide: Broker, useFactory: () => new Broker(rabbitUrlOf(config), 'api-gateway', logger) },
        {
          provide: Requester,
          inject: [Broker, KeptCommands],
          useFactory: (broker: Broker, kept: KeptCommands) =>
            new Requester('api-gateway', broker, (command) => {
              if (config.OUTBOX_KEPT_SECONDS > 0) kept.keep(command);
            }),
        },
        {
          provide: KeptCommands,
          inject: [DATABASE],
          useFactory: (database: Database) => new KeptCommands(database, logger),
        },
        {
          provide: Outbox,
          inject: [Requester, DATABASE],
          useFactory: ({ publisher }: Requester, store: Database) =>
            new Outbox({ transport: publisher, store, timers: SYSTEM_TIMERS, entropy: ENTROPY, logger }),
        },
        {
          provide: DeadLetters,
          inject: [ServiceClient],
          useFactory: (services: ServiceClient) =>
            new DeadLetters((...question) => services.ask(...question), logger),
        },
        {
          provide: Accounts,
          inject: [DATABASE],
          useFactory: (database: Database) =>
            new Accounts(database, config.COMANDA_DEMO ? undefined : DEMO_ACCOUNT_IDS),
        },
        { provide: Tenants, inject: [DATABASE], useFactory: (database: Database) => new Tenants(database) },
        {
          provide: OpenAccounts,
          inject: [Accounts, Sessions, Tenants],
          useFactory: (accounts: Accounts, sessions: Sessions, tenants: Tenants) =>
            new OpenAccounts(async ({ foreign, sessionId, ...owner }) => {
              // Its issuer says what it may do, whenever it says who it is.
              if (foreign) return (await tenants.has(owner.tenantId)) ? { scopes: Scope.options } : undefined;
              if (sessionId !== undefined && !(await sessions.isOpen(owner, sessionId))) return undefined;
              return accounts.grantedTo(owner.tenantId, owner.accountId);
            }),
        },
        {
          provide: Sessions,
          inject: [DATABASE, Accounts],
          useFactory: (database: Database, accounts: Accounts) =>
            new Sessions(database, accounts, {
              days: config.SESSION_DAYS,
              idleDays: config.SESSION_IDLE_DAYS,
            }),
        },
        {
          provide: FOREIGN_ISSUER,
          useFactory: () => config.foreignIssuer && new ForeignIssuer(config.foreignIssuer, logger),
        },
        { provide: People, inject: [DATABASE], useFactory: (database: Database) => new People(database) },
        { provide: Profiles, inject: [DATABASE], useFactory: (database: Database) => new Profiles(database) },
        {
          provide: Invitations,
          inject: [DATABASE, Accounts],
          useFactory: (database: Database, accounts: Accounts) => new Invitations(database, accounts),
        },
        {
          provide: ApiKeys,
          inject: [DATABASE],
          useFactory: (database: Database) => new ApiKeys(database, logger),
        },
        {
          provide: KnownKeys,
          inject: [ApiKeys],
          useFactory: (keys: ApiKeys) => new KnownKeys((token) => keys.find(token)),
        },
        {
          provide: IdempotencyKeys,
          inject: [DATABASE, KeptCommands],
          useFactory: (database: Database, kept: KeptCommands) =>
            new IdempotencyKeys(database, Date.now, kept),
        },
        {
          provide: SigningKeys,
          useFactory: () => new SigningKeys(config.JWT_SECRET, config.JWT_PREVIOUS_SECRETS),
        },
        {
          provide: AccessTokens,
          inject: [SigningKeys],
          useFactory: (keys: SigningKeys) => new AccessTokens(keys, config.TOKEN_ISSUER),
        },
        {
          provide: REDIS,
          // After the database: opening it keeps the process busy for longer than Redis has to answer.
          inject: [DATABASE],
          useFactory: () => connectRedis(redisOf(config), logger),
        },
        { provide: SharedCounts, inject: [REDIS], useFactory: (redis: Redis) => new SharedCounts(redis) },
        {
          provide: RateLimit,
          inject: [SharedCounts],
          useFactory: (counts: SharedCounts) =>
            new RateLimit(counts, {
              default: config.RATE_LIMIT_PER_MINUTE,
              auth: config.AUTH_RATE_LIMIT_PER_MINUTE,
              callbacks: config.RATE_LIMIT_PER_MINUTE,
              tests: Math.min(TESTS_PER_MINUTE, config.RATE_LIMIT_PER_MINUTE),
            }),
        },
        {
          provide: Guesses,
          inject: [SharedCounts],
          useFactory: (counts: SharedCounts) => new Guesses(counts),
        },
        {
          provide: LiveFeed,
          inject: [Requester],
          useFactory: (requester: Requester) => new LiveFeed(new OrderViews(requester, logger)),
        },
        {
          provide: EventListener,
          inject: [Broker, LiveFeed, OrderSteps, ProductReads],
          useFactory: (broker: Broker, feed: LiveFeed, steps: OrderSteps, reads: ProductReads) =>
            new EventListener({
              broker,
              service: 'api-gateway',
              types: LIVE_SOURCES,
              wanted: () => feed.any,
              atOnce: {
                wanted: (type, content) => CATALOGUE_SOURCES.has(type) || steps.mayBeIn(content),
                seen: (event) => {
                  if (CATALOGUE_SOURCES.has(event.type)) reads.forget(event.tenantid);
                  steps.see(event);
                },
              },
              heard: (event, at) => feed.hear(event, at),
              interrupted: () => {
                feed.interrupted();
                steps.interrupted();
              },
            }),
        },
        {
          provide: HEALTH_CHECKS,
          inject: [Leaving, Requester, DATABASE, ProductLookUp, REDIS, EventListener],
          useFactory: (...parts: Parameters<typeof healthChecks>): HealthCheck[] => healthChecks(...parts),
        },
        OperatorServer,
        ServiceClient,
        Tickets,
        OpenStreams,
        StreamPlaces,
        OrderSteps,
        ProductLookUp,
        ProductReads,
        AcceptedOrders,
        SharedAcceptedOrders,
        OrderCommands,
        OrdersOfKeys,
        VisibleOrders,
        ContactKey,
        {
          provide: SealingKeys,
          inject: [DATABASE],
          useFactory: (database: Database) => new SealingKeys(database),
        },
        ProviderNews,
        Leaving,
        Lifecycle,
        { provide: APP_FILTER, useClass: ProblemFilter },
        { provide: APP_GUARD, useClass: AccessGuard },
        { provide: APP_PIPE, useFactory: validation },
      ],
    };
  }
}
