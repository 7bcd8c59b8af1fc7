import { Installation } from '../../support/installation.js';
import {
  ENVIRONMENT,
  instancesOf,
  type Scene,
  type SceneOptions,
  type Setting,
  urlsOfGateways,
} from '../scene.js';

const GATEWAYS = 2;

/** One broker, SQLite files, two gateways that clients ask directly. */
export const oneMachine: Setting = { name: 'one machine', open };

async function open({ directory, instances, onLine }: SceneOptions): Promise<Scene> {
  const installation = await Installation.start({
    directory,
    ownBroker: true,
    env: ENVIRONMENT,
    instances: instancesOf(GATEWAYS, instances),
    onLine,
    // Ctrl-C is for us: it must not reach the services.
    ownGroup: true,
  });
  await installation.rabbit.settleDeclarations();
  return { installation, urls: urlsOfGateways(installation), stop: () => installation.stop() };
}
