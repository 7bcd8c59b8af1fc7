import { FatalStartupError } from '@comanda/kit';
import { ConfigurationError } from './settings.js';

/** Runs a main; prints one line for each problem that keeps it from starting. */
export async function runMain(start: () => Promise<void>): Promise<void> {
  try {
    await start();
  } catch (error) {
    if (error instanceof ConfigurationError) for (const problem of error.problems) console.error(problem);
    else if (error instanceof FatalStartupError) console.error(error.message);
    else console.error(error instanceof Error ? (error.stack ?? error.message) : error);
    process.exit(1);
  }
}
