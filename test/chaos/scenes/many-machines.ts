import { join } from 'node:path';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { type RabbitMqCluster, startRabbitMqCluster } from '@comanda/local-infra';
import { Edge } from '../../drill/edge.js';
import { Installation } from '../../support/installation.js';
import { ENVIRONMENT, instancesOf, type Scene, type SceneOptions, type Setting } from '../scene.js';
import { Machines } from './machines.js';

const GATEWAYS = 3;

/** Three brokers as one, a PostgreSQL with a standby, three gateways behind nginx, which clients ask. */
export const manyMachines: Setting = { name: 'a cluster', open };

async function open({ directory, instances, onLine }: SceneOptions): Promise<Scene> {
  const opened: (() => Promise<unknown>)[] = [];
  const stop = async (): Promise<void> => {
    for (const end of opened.toReversed()) await end();
  };
  try {
    const cluster = await startRabbitMqCluster({
      directory: join(directory, 'rabbitmq'),
      onLine: (node, line) => onLine(`rabbitmq-${node}`, line),
      ownGroup: true,
    });
    opened.push(() => cluster.discard());
    const installation = await Installation.start({
      directory,
      broker: { url: cluster.url },
      onPostgres: true,
      standby: true,
      env: { ...ENVIRONMENT, TRUSTED_PROXIES: '127.0.0.1' },
      instances: instancesOf(GATEWAYS, instances),
      onLine,
      ownGroup: true,
    });
    opened.push(() => installation.stop());
    const edge = await Edge.start(installation, directory, true);
    opened.push(() => edge.stop());
    setDefaultCACertificates([...getCACertificates('default'), edge.ca.toString()]);
    await settleDeclarations(cluster);
    // By the name that its certificate has.
    const url = edge.nginx.url.replace('127.0.0.1', 'localhost');
    return { installation, urls: [url], machines: new Machines(cluster, edge.nginx), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** See `RabbitMqServer.settleDeclarations`. */
async function settleDeclarations(cluster: RabbitMqCluster): Promise<void> {
  const settle = '[ok = dets:sync(Table) || Table <- dets:all()].';
  await Promise.all(cluster.numbers.map((node) => cluster.ctl(node, 'eval', settle)));
}
