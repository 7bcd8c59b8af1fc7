import { withTimeout } from '@comanda/kit';
import { rabbitUrl } from '@comanda/test-kit';
import { afterAll, beforeAll, beforeEach } from '@jest/globals';
import { clearQueues, FakeServices } from './fake-services.js';
import { GatewayUnderTest } from './gateway-under-test.js';

const CONNECTED_WITHIN_MS = 15_000;

/** Fake services on a broker, and a gateway that is connected to it. */
export class ServicesAndGateway {
  readonly services = new FakeServices();
  readonly gateway = new GatewayUnderTest();

  /** On the shared broker, whose queues are emptied first, unless the environment names another one. */
  async start(environment: Record<string, string> = {}): Promise<void> {
    const { RABBITMQ_URL: broker = rabbitUrl() } = environment;
    await clearQueues(broker);
    await this.services.connect(broker);
    await this.gateway.start({ ...environment, RABBITMQ_URL: broker });
    try {
      await withTimeout(this.gateway.connected(), CONNECTED_WITHIN_MS, 'connecting to the broker');
    } catch (error) {
      await this.stop();
      throw new Error(`the gateway says: ${JSON.stringify(this.gateway.log)}`, { cause: error });
    }
  }

  async stop(): Promise<void> {
    await this.gateway.close();
    await this.services.close();
  }
}

/**
 * Both, for the tests of this file; each test finds that nothing was received.
 *
 * @param environment a function when it needs what is only there once the tests run
 */
export function useServicesAndGateway(
  environment: Record<string, string> | (() => Promise<Record<string, string>>) = {},
): ServicesAndGateway {
  const both = new ServicesAndGateway();
  beforeAll(async () => both.start(typeof environment === 'function' ? await environment() : environment));
  afterAll(() => both.stop());
  beforeEach(() => {
    both.services.received.length = 0;
  });
  return both;
}
