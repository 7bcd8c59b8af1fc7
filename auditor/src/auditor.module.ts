import { HEALTH_CHECKS, type HealthCheck, LOGGER, OPERATOR_CONTROLLERS } from '@comanda/service-kit';
import {
  type DynamicModule,
  Inject,
  Injectable,
  Module,
  type OnApplicationShutdown,
  type OnModuleInit,
} from '@nestjs/common';
import { TerminusModule } from '@nestjs/terminus';
import type { Logger } from 'pino';
import { type AuditorConfig, optionsOf } from './config.js';
import { Rounds } from './rounds.js';

/** The audits begin and end with the process. */
@Injectable()
class Lifecycle implements OnModuleInit, OnApplicationShutdown {
  constructor(@Inject(Rounds) private readonly rounds: Rounds) {}

  onModuleInit(): void {
    this.rounds.start();
  }

  onApplicationShutdown(): Promise<void> {
    return this.rounds.stop();
  }
}

@Module({})
// biome-ignore lint/complexity/noStaticOnlyClass: Nest's form of a module with options
export class AuditorModule {
  static of(config: AuditorConfig, logger: Logger): DynamicModule {
    return {
      module: AuditorModule,
      imports: [TerminusModule.forRoot({ logger: false })],
      controllers: OPERATOR_CONTROLLERS,
      providers: [
        { provide: LOGGER, useValue: logger },
        {
          provide: Rounds,
          useFactory: () =>
            new Rounds({
              audit: optionsOf(config),
              intervalSeconds: config.AUDIT_INTERVAL_SECONDS,
              logger,
            }),
        },
        {
          provide: HEALTH_CHECKS,
          inject: [Rounds],
          useFactory: (rounds: Rounds): HealthCheck[] => [
            { name: 'books', needed: true, unhealthyReason: () => rounds.unhealthyReason },
          ],
        },
        Lifecycle,
      ],
    };
  }
}
