import { type HealthCheck, runService, startService } from '@comanda/service-kit';
import { PaymentsConfig } from './config.js';
import { paymentHandlers } from './handlers/index.js';
import { openProvider } from './provider/index.js';
import { findByReference } from './queries/find-by-reference.js';
import { listPaymentsByOrder } from './queries/list-payments-by-order.js';
import { listRefundsByOrder } from './queries/list-refunds-by-order.js';
import { migrations } from './storage/migrations.js';
import { ask } from './work/ask.js';
import { charge } from './work/charge.js';
import { reconcile } from './work/reconcile.js';
import { refund } from './work/refund.js';

const NO_MONEY = 'the payment provider is simulated: orders are confirmed, and no money moves';

await startService('payments-service', PaymentsConfig, (config, logger) => {
  const provider = openProvider(config.provider, logger);
  const { movesMoney } = config.provider;
  if (!movesMoney && !config.COMANDA_DEMO) logger.warn({ provider: provider.name }, NO_MONEY);
  const health: HealthCheck = {
    name: 'payment-provider',
    needed: false, // a job waits for a provider that is away
    unhealthyReason: () => undefined,
    ...(!movesMoney && { notice: NO_MONEY }),
  };
  return runService({
    service: 'payments-service',
    logger,
    config,
    port: config.PAYMENTS_PORT,
    databaseUrl: config.PAYMENTS_DATABASE_URL,
    migrations,
    healthChecks: [health],
    handlers: paymentHandlers({ provider: provider.name }),
    queries: [listPaymentsByOrder, listRefundsByOrder],
    work: (database) => [
      charge(provider, database),
      ask(provider, database),
      refund(provider, database),
      reconcile(provider, findByReference(database)),
    ],
  });
});
