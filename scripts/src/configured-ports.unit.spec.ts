import { createServer, type Server } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { configuredPorts, requireFreePorts } from './configured-ports.js';

describe('the ports of the demo', () => {
  it("are 3000 to 3004 for the services, 3005 for the auditor and 9464 for the gateway's metrics unless told", () => {
    const { services, auditor, loggerReceiver, notifierReceiver } = configuredPorts({});
    const standard = { gateway: 3000, products: 3001, orders: 3002, payments: 3003, webhooks: 3004 };
    expect(services).toEqual({ ...standard, metrics: 9464 });
    expect([auditor, loggerReceiver, notifierReceiver]).toEqual([3005, 3010, 3011]);
  });

  it('are chosen by variable, one by one', () => {
    const { services, all } = configuredPorts({
      ORDERS_PORT: '4002',
      PRODUCTS_PORT: '',
      METRICS_PORT: '9465',
    });
    expect(services).toMatchObject({ products: 3001, orders: 4002, metrics: 9465 });
    expect(all).toContainEqual({ what: "api-gateway's metrics", variable: 'METRICS_PORT', port: 9465 });
  });

  it.each(['abc', '0', '70000', '30.5'])('refuse %j with the name of the variable', (value) => {
    expect(() => configuredPorts({ GATEWAY_PORT: value })).toThrow('GATEWAY_PORT must be a port');
  });
});

describe('a taken port', () => {
  let holder: Server | undefined;

  afterEach(() => new Promise<void>((resolve) => (holder ? holder.close(() => resolve()) : resolve())));

  it('is named, with the variable that chooses another', async () => {
    const port = await new Promise<number>((resolve) => {
      holder = createServer().listen(0, '127.0.0.1', function listening(this: Server) {
        const address = this.address();
        resolve(typeof address === 'object' && address !== null ? address.port : 0);
      });
    });
    const needed = [{ what: 'api-gateway', variable: 'GATEWAY_PORT', port }];
    const refusal = requireFreePorts(needed);
    await expect(refusal).rejects.toThrow(`Port ${port}, wanted for api-gateway (GATEWAY_PORT), is taken.`);
    await expect(requireFreePorts(needed)).rejects.toThrow(`GATEWAY_PORT=${port + 100} npm start`);
  });
});
