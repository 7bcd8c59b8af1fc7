import { Broker } from '@comanda/messaging';
import {
  createLogger,
  endWhenRefused,
  listen,
  main,
  OperatorServer,
  stopOnSignals,
} from '@comanda/service-kit';
import { readGatewayConfig } from './config.js';
import { createGateway } from './gateway.js';

await main(async () => {
  const config = readGatewayConfig(process.env);
  const logger = createLogger('api-gateway', config.LOG_LEVEL);
  const app = await createGateway(config, logger);
  stopOnSignals(app, logger);
  endWhenRefused(app, app.get(Broker), logger);
  const {
    GATEWAY_PORT: port,
    BIND_HOST: host,
    METRICS_PORT: metricsPort,
    METRICS_HOST: metricsHost,
  } = config;
  await app.get(OperatorServer).listen({ port: metricsPort, host: metricsHost, setting: 'METRICS_PORT' });
  await listen(app, { port, host, setting: 'GATEWAY_PORT' });
  logger.info({ port, host, metricsPort }, 'started');
});
