import { createLogger, readConfig, runMain, stopOnSignals } from '@comanda/service-kit/process';
import { ReceiversConfig } from './config.js';
import { startReceivers } from './start-receivers.js';

await runMain(async () => {
  const log = createLogger('receivers', 'info');
  const receivers = await startReceivers(readConfig(ReceiversConfig, process.env), (error) => {
    log.error(
      { error: String(error), stack: error instanceof Error ? error.stack : undefined },
      'a request failed',
    );
  });
  log.info(
    { logger: receivers.loggerUrl, notifier: receivers.notifierUrl },
    'the example receivers are listening',
  );
  stopOnSignals({ close: () => receivers.stop() }, log);
});
