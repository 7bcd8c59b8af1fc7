import 'reflect-metadata';
import { RabbitMqStrategy } from '@comanda/messaging';
import type { DynamicModule } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Logger } from 'pino';
import type { HealthCheck } from './health-check.js';
import { listen } from './listen.js';
import { NestLogger } from './nest-logger.js';
import { operatorModule } from './operator-server.js';
import { type ServiceOptions, serviceModule } from './service.module.js';
import { endWhenRefused, stopOnSignals } from './stop-on-signals.js';

interface RunOptions {
  readonly port: number;
  /** The address on which it listens. */
  readonly host: string;
  readonly logger: Logger;
}

/**
 * Starts a service behind the gateway: its traffic, and health and metrics on its port.
 *
 * @param options `stop` closes what the service opened itself, after its traffic has stopped
 */
export const runService = (
  options: ServiceOptions & { readonly port: number; readonly stop?: () => Promise<void> },
): Promise<NestFastifyApplication> => {
  const { port, config, logger } = options;
  const startTraffic = async (app: NestFastifyApplication) => {
    const strategy = app.get(RabbitMqStrategy);
    app.connectMicroservice({ strategy });
    await app.startAllMicroservices();
    if (strategy.messaging) endWhenRefused(app, strategy.messaging, logger);
  };
  return run(serviceModule(options), { port, host: config.BIND_HOST, logger }, startTraffic, options.stop);
};

/**
 * Starts a process that has no traffic of its own: health and metrics on its port.
 *
 * @param stop ends what the process does besides, when it is told to stop
 */
export const runWithoutTraffic = (
  options: RunOptions & { readonly healthChecks: readonly HealthCheck[] },
  stop: () => Promise<void>,
): Promise<NestFastifyApplication> =>
  run(operatorModule(options.healthChecks), options, async () => undefined, stop);

async function run(
  module: DynamicModule,
  { port, host, logger }: RunOptions,
  startTraffic: (app: NestFastifyApplication) => Promise<void>,
  stop: () => Promise<void> = async () => undefined,
): Promise<NestFastifyApplication> {
  const app = await NestFactory.create<NestFastifyApplication>(module, new FastifyAdapter(), {
    logger: new NestLogger(logger),
    abortOnError: false,
  });
  stopOnSignals({ close: () => app.close().then(stop) }, logger);
  await startTraffic(app);
  await listen(app, { port, host });
  logger.info({ port, host }, 'started');
  return app;
}
