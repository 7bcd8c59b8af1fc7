import { clearQueues, FakeServices } from './fake-services.js';
import { type GatewayUnderTest, startGateway } from './gateway-under-test.js';

export interface ServicesAndGateway {
  readonly services: FakeServices;
  readonly gateway: GatewayUnderTest;
  stop(): Promise<void>;
}

const CONNECTED_WITHIN_MS = 15_000;

/** The vhost of this worker of Jest on the RabbitMQ of test/support/global-setup.ts. */
function sharedBroker(): string {
  const { TEST_RABBITMQ_URL: url, JEST_WORKER_ID: worker = '1' } = process.env;
  if (url === undefined)
    throw new Error('TEST_RABBITMQ_URL is not set: run this through Jest’s project "integration"');
  return `${url}/w${worker}`;
}

/** Fake services on a broker (the shared one when none is given), and a gateway that is connected to it. */
export async function startServicesAndGateway(
  own?: string,
  env: Record<string, string> = {},
): Promise<ServicesAndGateway> {
  const rabbitUrl = own ?? sharedBroker();
  if (own === undefined) await clearQueues(rabbitUrl);
  const services = await FakeServices.connect(rabbitUrl);
  const gateway = await startGateway({ RABBITMQ_URL: rabbitUrl, ...env });
  const stop = async () => {
    await gateway.close();
    await services.close();
  };
  let timer: NodeJS.Timeout | undefined;
  const patience = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new Error(`not connected to the broker: ${JSON.stringify(gateway.log)}`)),
      CONNECTED_WITHIN_MS,
    );
  });
  try {
    await Promise.race([gateway.connected(), patience]);
  } catch (error) {
    await stop();
    throw error;
  } finally {
    clearTimeout(timer);
  }
  return { services, gateway, stop };
}
