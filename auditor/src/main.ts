import { runWithoutTraffic, startService } from '@comanda/service-kit';
import { AuditorConfig, optionsOf } from './config.js';
import { Rounds } from './rounds.js';

await startService('auditor', AuditorConfig, (config, logger) => {
  const { AUDITOR_PORT: port, BIND_HOST: host, AUDIT_INTERVAL_SECONDS: intervalSeconds } = config;
  const rounds = new Rounds({ audit: optionsOf(config), intervalSeconds, logger });
  rounds.start();
  const books = { name: 'books', needed: true, unhealthyReason: () => rounds.unhealthyReason };
  return runWithoutTraffic({ port, host, logger, healthChecks: [books] }, () => rounds.stop());
});
