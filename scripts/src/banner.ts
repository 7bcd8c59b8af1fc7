import { DATABASE_OWNERS, serviceNamed } from '@comanda/contracts';
import type { Infrastructure, ServicePorts } from '@comanda/local-infra';
import pc from 'picocolors';
import { CUSTOMER, DEMO_PASSWORD, DEMO_PRODUCT, STAFF } from './demo-accounts.js';

export interface BannerFacts {
  readonly ports: ServicePorts;
  readonly auditorUrl: string;
  readonly infrastructure: Infrastructure;
  readonly dataDirectory: string;
  /** Where the local Telegram shows its messages, when there is one. */
  readonly telegramUrl: string | undefined;
}

const READ_JSON = (field: string): string => `node -pe 'JSON.parse(require("fs").readFileSync(0)).${field}'`;

/** What a person wants to know once everything runs. The last line is the one that scripts wait for. */
export function bannerLines({
  ports,
  auditorUrl,
  infrastructure,
  dataDirectory,
  telegramUrl,
}: BannerFacts): string[] {
  const gateway = `http://localhost:${ports.gateway}`;
  const api = `${gateway}/api/v1`;
  return [
    '',
    heading('Where'),
    row('API', api),
    row('Documentation', `${gateway}/docs`),
    ...DATABASE_OWNERS.map((service) => {
      const url = `http://localhost:${ports[service.alias]}`;
      const metrics = 'metricsPort' in service ? `http://localhost:${ports.metrics}` : url;
      return row(service.name, `${url}/health/ready  ${metrics}/metrics`);
    }),
    row(serviceNamed('auditor').name, `${auditorUrl}/health/ready  ${auditorUrl}/metrics`),
    ...(telegramUrl === undefined ? [] : [row('Telegram (local)', `${telegramUrl}/messages`)]),
    row('RabbitMQ', infrastructure.rabbitmq.description),
    row('Redis', infrastructure.redis.description),
    row('Data', `${dataDirectory} (delete it to start afresh)`),
    '',
    heading('Accounts of the demo (for real: docs/operations.md)'),
    row('customer', `${CUSTOMER} / ${DEMO_PASSWORD}`),
    row('staff', `${STAFF} / ${DEMO_PASSWORD}`),
    '',
    heading('Try it'),
    ...curlLines(api),
    '',
    'Stop with Ctrl-C.',
    pc.bold(pc.green('Comanda is ready')),
  ];
}

function curlLines(api: string): string[] {
  const json = "-H 'content-type: application/json'";
  const bearer = '-H "authorization: Bearer $TOKEN"';
  const account = JSON.stringify({ email: CUSTOMER, password: DEMO_PASSWORD });
  const order = JSON.stringify({ productId: DEMO_PRODUCT, quantity: 1, payment: { method: 'sim_approved' } });
  return [
    `  TOKEN=$(curl -s ${api}/auth/token ${json} -d '${account}' | ${READ_JSON('accessToken')})`,
    `  ORDER=$(curl -s ${api}/orders ${bearer} ${json} -d '${order}' | ${READ_JSON('orderId')})`,
    `  curl -s ${api}/orders/$ORDER/status ${bearer}`,
    `  curl -s ${api}/orders/$ORDER/timeline ${bearer}`,
  ];
}

function heading(text: string): string {
  return pc.bold(text);
}

function row(name: string, value: string): string {
  return `  ${name.padEnd(18)} ${value}`;
}
