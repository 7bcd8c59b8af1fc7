import { DATABASE_OWNERS, SERVICES } from '@comanda/contracts';
import { brokerDefinitions } from '@comanda/operations';
import { withSection } from './section.js';

export const envExample = (text: string): string =>
  withSection(
    withSection(
      withSection(
        text,
        'ports',
        SERVICES.flatMap((service) => [
          `# ${service.port.variable}=${service.port.standard}`,
          ...('metricsPort' in service
            ? [`# ${service.metricsPort.variable}=${service.metricsPort.standard}`]
            : []),
        ]),
      ),
      'databases',
      DATABASE_OWNERS.map(({ database }) => `# ${database.variable}=sqlite:.comanda/data/${database.file}`),
    ),
    'broker accounts',
    brokerDefinitions().accounts.map(({ passwordSetting }) => `${passwordSetting}=`),
  );
