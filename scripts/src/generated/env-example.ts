import { DATABASE_OWNERS, SERVICES } from '@comanda/contracts';
import { brokerDefinitions } from '@comanda/operations';
import { explained } from './declared-settings.js';
import { withSection } from './section.js';

export const envExample = (text: string): string => {
  const sections: readonly (readonly [string, readonly string[]])[] = [
    [
      'ports',
      SERVICES.flatMap((service) => [
        `# ${service.port.variable}=${service.port.standard}`,
        ...('metricsPort' in service
          ? [`# ${service.metricsPort.variable}=${service.metricsPort.standard}`]
          : []),
      ]),
    ],
    [
      'databases',
      DATABASE_OWNERS.map(({ database }) => `# ${database.variable}=sqlite:.comanda/data/${database.file}`),
    ],
    ['broker accounts', brokerDefinitions().accounts.map(({ passwordSetting }) => `${passwordSetting}=`)],
    ['payment providers', [...explained('payments-service'), ...explained('api-gateway')]],
    ['channels', explained('webhook-publisher')],
  ];
  return sections.reduce((written, [name, lines]) => withSection(written, name, lines), text);
};
