import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DATABASE_OWNERS } from '@comanda/contracts';
import { until } from '@comanda/kit';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type Platform, type PlatformOptions, startPlatform } from './platform.js';
import { backoffSeconds } from './service-instance.js';

/** A service in few words: ready at once, its environment at /env, drains on SIGTERM. */
const FAKE_SERVICE = `
const { createServer } = require('node:http');
const port = Number(process.env[VARIABLE]);
if (process.env.BROKEN === VARIABLE) { console.log('cannot open the database'); process.exit(1); }
const server = createServer((request, response) => {
  response.end(request.url === '/env' ? JSON.stringify({ ...process.env, pid: process.pid }) : 'ok');
}).listen(port, '127.0.0.1', () => console.log('listening'));
process.on('SIGTERM', () => { console.log('drained'); server.close(() => process.exit(0)); server.closeAllConnections(); });
`;

describe('the platform', () => {
  let root: string;
  let platform: Platform | undefined;

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'comanda-platform-'));
    for (const { name, port } of DATABASE_OWNERS) {
      mkdirSync(join(root, name, 'dist'), { recursive: true });
      const source = FAKE_SERVICE.replaceAll('VARIABLE', JSON.stringify(port.variable));
      writeFileSync(join(root, name, 'dist', 'main.js'), source);
    }
  });

  afterEach(async () => {
    await platform?.stop();
    platform = undefined;
    rmSync(root, { recursive: true });
  });

  const start = async (options: Partial<PlatformOptions> = {}): Promise<Platform> => {
    const urls = { rabbitUrl: 'amqp://rabbit', redisUrl: 'redis://redis' };
    platform = await startPlatform({ root, directory: join(root, 'data'), ...urls, ...options });
    return platform;
  };

  const environmentOf = async (port: number): Promise<Record<string, string>> =>
    (await fetch(`http://127.0.0.1:${port}/env`)).json() as Promise<Record<string, string>>;

  it('starts all five with one configuration, and stops them in order', async () => {
    const running = await start({ env: { RATE_LIMIT_PER_MINUTE: '0' } });
    expect([...running.services.keys()]).toEqual(['gateway', 'products', 'orders', 'payments', 'webhooks']);
    expect(running.url).toBe(`http://127.0.0.1:${running.ports.gateway}`);
    expect(await environmentOf(running.ports.orders)).toMatchObject({
      RABBITMQ_URL: 'amqp://rabbit',
      REDIS_URL: 'redis://redis',
      ORDERS_DATABASE_URL: `sqlite:${join(root, 'data', 'orders.db')}`,
      PAYMENTS_PORT: String(running.ports.payments),
      RATE_LIMIT_PER_MINUTE: '0',
      METRICS_PORT: String(running.ports.metrics),
    });
    const { gateway, metrics, orders } = running.ports;
    expect(metrics).not.toBe(gateway);
    expect(running.operatorUrls.get('gateway')).toBe(`http://127.0.0.1:${metrics}`);
    expect(running.operatorUrls.get('orders')).toBe(`http://127.0.0.1:${orders}`);
    const ended = await running.stop();
    expect(ended.size).toBe(5);
    expect([...ended.values()]).toEqual(Array(5).fill({ code: 0, signal: null }));
  });

  it('runs several instances of a service, each with health on a port of its own', async () => {
    const running = await start({ only: ['gateway', 'orders'], instances: { gateway: 2, orders: 2 } });
    expect([...running.services.keys()]).toEqual(['gateway', 'gateway#2', 'orders', 'orders#2']);
    const urls = [...running.urls.values(), ...running.operatorUrls.values()];
    // Two gateways with two ports each, two others with one.
    expect(new Set(urls).size).toBe(6);
    for (const name of ['gateway', 'gateway#2']) {
      const { port } = new URL(running.urls.get(name) ?? '');
      const { METRICS_PORT } = await environmentOf(Number(port));
      expect(running.operatorUrls.get(name)).toBe(`http://127.0.0.1:${METRICS_PORT}`);
    }
  });

  it('kills one and starts it again', async () => {
    const running = await start({ only: ['orders'] });
    const before = running.services.get('orders')?.pid;
    expect(await running.kill('orders')).toEqual({ code: null, signal: 'SIGKILL' });
    expect(running.services.get('orders')?.running).toBe(false);
    await running.start('orders');
    expect(running.services.get('orders')?.pid).not.toBe(before);
    await running.restart('orders');
    await expect(running.kill('kitchen')).rejects.toThrow('No service instance named kitchen');
  });

  it('fails with the log of the service that failed, and leaves nothing running', async () => {
    const lines: string[] = [];
    const failing = start({
      env: { BROKEN: 'PAYMENTS_PORT' },
      onLine: (name, line) => lines.push(`${name} ${line}`),
    });
    await expect(failing).rejects.toThrow(
      /payments did not start: it ended \(code 1\)[\s\S]*cannot open the database/,
    );
    expect(lines).toContain('payments cannot open the database');
  });

  it('brings back a service that died, says so, and lets it rest once stopped', async () => {
    const said: string[] = [];
    const running = await start({ only: ['orders'], supervise: (message) => said.push(message) });
    running.services.get('orders')?.kill('SIGKILL');
    await until('orders is back', async () => said.includes('orders is back'));
    expect(said).toEqual(['orders died (SIGKILL); starting it again in 1 s', 'orders is back']);
    await running.stop();
    expect(running.services.get('orders')?.running).toBe(false);
    expect(said).toHaveLength(2);
  });

  it('waits longer after each death in a row, up to half a minute', () => {
    expect([0, 1, 2, 3, 4, 5, 6, 20].map(backoffSeconds)).toEqual([1, 2, 4, 8, 16, 30, 30, 30]);
  });
});
