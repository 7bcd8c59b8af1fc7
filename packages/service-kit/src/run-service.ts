import 'reflect-metadata';
import type { ServiceName } from '@comanda/contracts';
import { FatalStartupError } from '@comanda/kit';
import { RabbitMqStrategy } from '@comanda/messaging';
import type { DynamicModule, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Logger } from 'pino';
import type { z } from 'zod';
import { ConfigurationError, readConfig } from './config.js';
import { armCrashPoint } from './crash-point.js';
import { listen } from './listen.js';
import { createLogger } from './logger.js';
import { NestLogger } from './nest-logger.js';

interface RunOptions {
  readonly port: number;
  /** The address on which it listens. */
  readonly host: string;
  readonly logger: Logger;
}

/** Starts a service behind the gateway: its traffic, and health and metrics on its port. */
export const runService = (
  module: DynamicModule | Type,
  options: RunOptions,
): Promise<NestFastifyApplication> =>
  run(module, options, async (app) => {
    const strategy = app.get(RabbitMqStrategy);
    app.connectMicroservice({ strategy });
    await app.startAllMicroservices();
    if (strategy.messaging) endWhenRefused(app, strategy.messaging, options.logger);
  });

/** Starts a process that has no traffic of its own: health and metrics on its port, and what its module does. */
export const runWithoutTraffic = (
  module: DynamicModule | Type,
  options: RunOptions,
): Promise<NestFastifyApplication> => run(module, options, async () => undefined);

async function run(
  module: DynamicModule | Type,
  { port, host, logger }: RunOptions,
  startTraffic: (app: NestFastifyApplication) => Promise<void>,
): Promise<NestFastifyApplication> {
  const app = await NestFactory.create<NestFastifyApplication>(module, new FastifyAdapter(), {
    logger: new NestLogger(logger),
    abortOnError: false,
  });
  stopOnSignals(app, logger);
  await startTraffic(app);
  await listen(app, { port, host });
  logger.info({ port, host }, 'started');
  return app;
}

/** On SIGTERM or SIGINT the service finishes the work in hand and exits; a second signal exits at once. */
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

/**
 * Ends a service on a topology mismatch, with one line that says what to do. Only at its start: a service that ran
 * already stays, is not ready, and keeps trying.
 */
export function endWhenRefused(
  app: { close(): Promise<void> },
  { refused }: { refused: Promise<FatalStartupError> },
  logger: Logger,
): void {
  void refused.then(async ({ message }) => {
    logger.fatal({}, message);
    await app
      .close()
      .catch((error: unknown) => logger.error({ error: String(error) }, 'did not stop cleanly'));
    process.exit(1);
  });
}

/** Runs the main of a service with its configuration and its logger; see `main`. */
export const startService = <S extends z.ZodType<{ LOG_LEVEL: string }>>(
  name: ServiceName,
  schema: S,
  start: (config: z.output<S>, logger: Logger) => Promise<unknown>,
): Promise<void> =>
  main(async () => {
    const config = readConfig(schema, process.env);
    await start(config, createLogger(name, config.LOG_LEVEL));
  });

/** Runs a service's main; prints one line for each problem that keeps it from starting. */
export async function main(start: () => Promise<void>): Promise<void> {
  try {
    armCrashPoint(process.env);
    await start();
  } catch (error) {
    if (error instanceof ConfigurationError) for (const problem of error.problems) console.error(problem);
    else if (error instanceof FatalStartupError) console.error(error.message);
    else console.error(error instanceof Error ? (error.stack ?? error.message) : error);
    process.exit(1);
  }
}
