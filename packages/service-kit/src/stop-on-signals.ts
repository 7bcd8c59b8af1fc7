import type { FatalStartupError } from '@comanda/kit';
import type { Logger } from 'pino';

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
