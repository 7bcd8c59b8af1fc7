import type { ServiceName } from '@comanda/contracts';
import type { Logger } from 'pino';
import type { z } from 'zod';
import { armCrashPoint } from './crash-point.js';
import { createLogger } from './logger.js';
import { runMain } from './run-main.js';
import { readConfig } from './settings.js';

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
export const main = (start: () => Promise<void>): Promise<void> =>
  runMain(async () => {
    armCrashPoint(process.env);
    await start();
  });
