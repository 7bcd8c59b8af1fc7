import { Broker } from '@comanda/messaging';
import { createLogger, endWhenRefused, main, stopOnSignals } from '@comanda/service-kit';
import { readGatewayConfig } from './config.js';
import { createGateway } from './gateway.js';

await main(async () => {
  const config = readGatewayConfig(process.env);
  const logger = createLogger('api-gateway', config.LOG_LEVEL);
  const app = await createGateway(config, logger);
  stopOnSignals(app, logger);
  endWhenRefused(app, app.get(Broker), logger);
  await app.listen(config.GATEWAY_PORT, '0.0.0.0');
  logger.info({ port: config.GATEWAY_PORT }, 'started');
});
