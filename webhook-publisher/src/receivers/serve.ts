import { createLogger, stopOnSignals } from '@comanda/service-kit';
import { parseConfig } from './config.js';
import { startReceivers } from './start-receivers.js';

const parsed = parseConfig(process.env);
if (!parsed.ok) {
  console.error(parsed.problems.join('\n'));
  process.exit(1);
}

const log = createLogger('receivers', 'info');
const receivers = await startReceivers(parsed.config, (error) => {
  log.error(
    { error: String(error), stack: error instanceof Error ? error.stack : undefined },
    'a request failed',
  );
});
log.info({ logger: receivers.loggerUrl, notifier: receivers.notifierUrl }, 'example receivers are listening');
stopOnSignals({ close: () => receivers.stop() }, log);
