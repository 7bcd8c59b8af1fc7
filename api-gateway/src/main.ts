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
  const { GATEWAY_PORT: port, BIND_HOST: host } = config;
  await app.listen(port, host);
  logger.info({ port, host }, 'started');
});
