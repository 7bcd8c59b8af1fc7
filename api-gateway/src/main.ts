import { Broker } from '@comanda/messaging';
import { createLogger, endWhenRefused, main, stopOnSignals } from '@comanda/service-kit';
import { createGateway } from './gateway.js';
import { readSettings } from './settings.js';

await main(async () => {
  const settings = readSettings(process.env);
  const logger = createLogger('api-gateway', settings.LOG_LEVEL);
  const app = await createGateway(settings, logger);
  stopOnSignals(app, logger);
  endWhenRefused(app, app.get(Broker), logger);
  await app.listen(settings.GATEWAY_PORT, '0.0.0.0');
  logger.info({ port: settings.GATEWAY_PORT }, 'started');
});
