import { DATABASE_OWNERS, serviceNamed } from '@comanda/contracts';
import type { Infrastructure, ServicePorts } from '@comanda/local-infra';
import { pc } from './colours.js';
import { CUSTOMER, DEMO_PASSWORD, DEMO_PRODUCT, STAFF } from './demo-accounts.js';

export interface BannerFacts {
  readonly ports: ServicePorts;
  readonly auditorUrl: string;
  readonly infrastructure: Infrastructure;
  readonly dataDirectory: string;
  readonly logFile: string;
  /** Where the local Telegram shows its messages, when there is one. */
  readonly telegramUrl: string | undefined;
}

/** What a person wants to know once everything runs. The last line is the one that scripts wait for. */
export function bannerLines(facts: BannerFacts): string[] {
  const { ports, auditorUrl, infrastructure, dataDirectory, logFile, telegramUrl } = facts;
  const gateway = `http://localhost:${ports.gateway}`;
  const metrics = `http://localhost:${ports.metrics}`;
  return [
    '',
    heading('Where'),
    row('API', `${gateway}/api/v1`),
    row('Documentation', `${gateway}/docs`),
    ...(telegramUrl === undefined ? [] : [row('Telegram (local)', `${telegramUrl}/messages`)]),
    row('RabbitMQ', infrastructure.rabbitmq.address),
    row('Redis', infrastructure.redis.address),
    row('Data', `${dataDirectory} (delete it to start afresh)`),
    row('Logs', logFile),
    '',
    heading('Services: add /health/ready or /metrics'),
    ...DATABASE_OWNERS.map((service) =>
      row(
        service.name,
        'metricsPort' in service
          ? `${gateway}, metrics at ${metrics}`
          : `http://localhost:${ports[service.alias]}`,
      ),
    ),
    row(serviceNamed('auditor').name, auditorUrl),
    '',
    heading('Accounts of the demo (for real: docs/operations.md)'),
    row('customer', `${CUSTOMER} / ${DEMO_PASSWORD}`),
    row('staff', `${STAFF} / ${DEMO_PASSWORD}`),
    '',
    heading('Next, in another terminal'),
    ...curlLines(`${gateway}/api/v1`),
    '  npm run comanda -- --help',
    '',
    'Stop with Ctrl-C.',
    pc.bold(pc.green('Comanda is ready')),
  ];
}

/** An order, and what became of it; no line is wider than 80 columns. */
function curlLines(api: string): string[] {
  const account = JSON.stringify({ email: CUSTOMER, password: DEMO_PASSWORD });
  const read = (field: string): string => `node -pe 'JSON.parse(require("fs").readFileSync(0)).${field}'`;
  return [
    `  API=${api} JSON=content-type:application/json`,
    '  TOKEN=$(curl -s $API/auth/token -H $JSON \\',
    `    -d '${account}' \\`,
    `    | ${read('accessToken')})`,
    '  ORDER=$(curl -s $API/orders -H $JSON -H "authorization: Bearer $TOKEN" \\',
    `    -d '{"productId":"${DEMO_PRODUCT}","quantity":1,`,
    `         "payment":{"method":"sim_approved"}}' \\`,
    `    | ${read('orderId')})`,
    '  curl -s $API/orders/$ORDER/timeline -H "authorization: Bearer $TOKEN"',
  ];
}

function heading(text: string): string {
  return pc.bold(text);
}

function row(name: string, value: string): string {
  return `  ${name.padEnd(18)} ${value}`;
}
