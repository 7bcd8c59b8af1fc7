import type { ServiceName } from '@comanda/contracts';
import { FatalStartupError } from '@comanda/kit';
import type { Logger } from 'pino';
import type { z } from 'zod';
import { ConfigurationError, readConfig } from './config.js';
import { armCrashPoint } from './crash-point.js';
import { createLogger } from './logger.js';

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
