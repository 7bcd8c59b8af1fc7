import { perDatabase, type Service, serviceNamed } from '@comanda/contracts';
import { DEFAULT_LOGGER_PORT, DEFAULT_NOTIFIER_PORT } from '@comanda/edge-functions';
import { isPortFree, type ServicePorts } from '@comanda/local-infra';

/** A port that the demo needs, and the variable that moves it elsewhere. */
export interface NeededPort {
  readonly what: string;
  readonly variable: string;
  readonly port: number;
}

export interface DemoPorts {
  readonly services: ServicePorts;
  readonly auditor: number;
  readonly loggerReceiver: number;
  readonly notifierReceiver: number;
  readonly all: readonly NeededPort[];
}

/**
 * The ports, from the environment or by default.
 *
 * @throws Error when a variable holds no port
 */
export function configuredPorts(env: NodeJS.ProcessEnv): DemoPorts {
  const needed = (what: string, variable: string, byDefault: number): NeededPort => ({
    what,
    variable,
    port: readPort(env, variable, byDefault),
  });
  const neededFor = ({ name, port }: Service) => needed(name, port.variable, port.standard);
  const owners = perDatabase(neededFor);
  const { metricsPort } = serviceNamed('api-gateway');
  const metrics = needed("api-gateway's metrics", metricsPort.variable, metricsPort.standard);
  const auditor = neededFor(serviceNamed('auditor'));
  const logger = needed('the logger receiver', 'LOGGER_RECEIVER_PORT', DEFAULT_LOGGER_PORT);
  const notifier = needed('the notifier receiver', 'NOTIFIER_RECEIVER_PORT', DEFAULT_NOTIFIER_PORT);
  return {
    services: { ...perDatabase(({ alias }) => owners[alias].port), metrics: metrics.port },
    auditor: auditor.port,
    loggerReceiver: logger.port,
    notifierReceiver: notifier.port,
    all: [...Object.values(owners), metrics, auditor, logger, notifier],
  };
}

/**
 * Makes sure that all of them can be used.
 *
 * @throws Error with one message that names every taken port, and how to free it or choose another
 */
export async function requireFreePorts(ports: readonly NeededPort[]): Promise<void> {
  const checked = await Promise.all(
    ports.map(async (needed) => ({ needed, free: await isFree(needed.port) })),
  );
  const taken = checked.filter(({ free }) => !free).map(({ needed }) => needed);
  const [first] = taken;
  if (first === undefined) return;
  throw new Error(
    [
      ...taken.map(({ port, what, variable }) => `Port ${port}, wanted for ${what} (${variable}), is taken.`),
      `Another Comanda may be running: end it with Ctrl-C. To see who holds the port: ${whoHolds(first.port)}`,
      `Or choose another port: ${taken.map(({ variable, port }) => `${variable}=${port + 100}`).join(' ')} npm start`,
    ].join('\n'),
  );
}

/** Services listen on all interfaces or on loopback only; either way no other process may be there. */
async function isFree(port: number): Promise<boolean> {
  return (await isPortFree(port)) && (await isPortFree(port, '127.0.0.1'));
}

function whoHolds(port: number): string {
  if (process.platform === 'win32') return `netstat -ano | findstr :${port}`;
  return process.platform === 'linux' ? `ss -ltnp 'sport = :${port}'` : `lsof -nP -iTCP:${port} -sTCP:LISTEN`;
}

function readPort(env: NodeJS.ProcessEnv, variable: string, byDefault: number): number {
  const value = env[variable];
  if (value === undefined || value === '') return byDefault;
  const port = Number(value);
  if (Number.isInteger(port) && port >= 1 && port <= 65_535) return port;
  throw new Error(`${variable} must be a port between 1 and 65535, not "${value}"`);
}
