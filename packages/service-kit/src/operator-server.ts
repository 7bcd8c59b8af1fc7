import { type DynamicModule, Inject, Injectable, Module, type OnApplicationShutdown } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { TerminusModule } from '@nestjs/terminus';
import { HealthController } from './health.controller.js';
import type { HealthCheck } from './health-check.js';
import { HealthDetailsController } from './health-details.controller.js';
import { type Listening, listen } from './listen.js';
import { MetricsController } from './metrics.controller.js';
import { HEALTH_CHECKS } from './tokens.js';

/** What operators ask of a process: its health with all details, and its metrics. */
export const OPERATOR_CONTROLLERS = [HealthController, HealthDetailsController, MetricsController];

@Module({})
class Operators {}

/** Serves operators, and nobody else. */
export const operatorModule = (checks: readonly HealthCheck[]): DynamicModule => ({
  module: Operators,
  imports: [TerminusModule.forRoot({ logger: false })],
  controllers: OPERATOR_CONTROLLERS,
  providers: [{ provide: HEALTH_CHECKS, useValue: checks }],
});

/** Serves operators on a port of their own, for a process whose main port is open to clients. */
@Injectable()
export class OperatorServer implements OnApplicationShutdown {
  #app: NestFastifyApplication | undefined;

  constructor(@Inject(HEALTH_CHECKS) private readonly checks: readonly HealthCheck[]) {}

  /** @throws FatalStartupError when another process has the port */
  async listen(on: Listening): Promise<void> {
    this.#app = await NestFactory.create<NestFastifyApplication>(
      operatorModule(this.checks),
      new FastifyAdapter(),
      { abortOnError: false },
    );
    await listen(this.#app, on);
  }

  async onApplicationShutdown(): Promise<void> {
    await this.#app?.close();
  }
}
