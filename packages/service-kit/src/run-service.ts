import 'reflect-metadata';
import { RabbitMqStrategy } from '@comanda/messaging';
import type { DynamicModule, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Logger } from 'pino';
import { ConfigurationError } from './config.js';
import { NestLogger } from './nest-logger.js';

interface RunOptions {
  readonly port: number;
  readonly logger: Logger;
}

/** Starts a service behind the gateway: its traffic, and health and metrics on its port. */
export const runService = (
  module: DynamicModule | Type,
  options: RunOptions,
): Promise<NestFastifyApplication> =>
  run(module, options, async (app) => {
    app.connectMicroservice({ strategy: app.get(RabbitMqStrategy) });
    await app.startAllMicroservices();
  });

/** Starts a process that has no traffic of its own: health and metrics on its port, and what its module does. */
export const runWithoutTraffic = (
  module: DynamicModule | Type,
  options: RunOptions,
): Promise<NestFastifyApplication> => run(module, options, async () => undefined);

async function run(
  module: DynamicModule | Type,
  { port, logger }: RunOptions,
  startTraffic: (app: NestFastifyApplication) => Promise<void>,
): Promise<NestFastifyApplication> {
  const app = await NestFactory.create<NestFastifyApplication>(module, new FastifyAdapter(), {
    logger: new NestLogger(logger),
    abortOnError: false,
  });
  stopOnSignals(app, logger);
  await startTraffic(app);
  await app.listen(port, '0.0.0.0');
  logger.info({ port }, 'started');
  return app;
}

/** SIGTERM and SIGINT: finish what is in hand, then go; a second one goes at once. */
export function stopOnSignals(app: { close(): Promise<void> }, logger: Logger): void {
  let stopping = false;
  const stop = (signal: NodeJS.Signals) => {
    if (stopping) process.exit(1);
    stopping = true;
    logger.info({ signal }, 'stopping: finishing what is in hand');
    app.close().then(
      () => {
        logger.info({}, 'stopped');
        process.exit(0);
      },
      (error: unknown) => {
        logger.error(
          { error: String(error), stack: error instanceof Error ? error.stack : undefined },
          'did not stop cleanly',
        );
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
}

/** Runs a service's main; what keeps it from starting is told in one line per problem. */
export async function main(start: () => Promise<void>): Promise<void> {
  try {
    await start();
  } catch (error) {
    if (error instanceof ConfigurationError) for (const problem of error.problems) console.error(problem);
    else console.error(error instanceof Error ? (error.stack ?? error.message) : error);
    process.exit(1);
  }
}
