import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Edge, gatewaysOf } from '../drill/edge.js';
import { rolling } from '../drill/rolling.js';
import { SteadyLoad } from '../drill/steady-load.js';
import { checkBooks } from '../support/books.js';
import { until } from '../support/until.js';
import { useFolder } from '../support/use-folder.js';
import { useInstallation } from '../support/use-installation.js';

describe('two gateways behind an edge', () => {
  let edge: Edge | undefined;
  afterAll(() => edge?.stop());
  const comanda = useInstallation({ env: { TRUSTED_PROXIES: '127.0.0.1' }, instances: { gateway: 2 } });
  const folder = useFolder('comanda-edge-');
  beforeAll(async () => {
    edge = await Edge.start(comanda, folder);
  });
  const behind = (): Edge => {
    if (!edge) throw new Error('the edge does not run');
    return edge;
  };

  it('fail no request, place no order twice and tell each step of one while each of them is restarted', async () => {
    const processes = gatewaysOf(comanda);
    expect(processes).toHaveLength(2);
    const report = await rolling(comanda, behind(), { rate: 20, clients: 4, between: 10, processes });
    expect(report.failed).toEqual([]);
    expect(report.requests).toBe(2 * report.accepted);
    expect(report.heard).toEqual(report.timeline);
    // Its gateway was restarted once at least.
    expect(report.connections).toBeGreaterThan(1);
  }, 600_000);

  it('answer what a gateway that was killed had in its hands, from the other one', async () => {
    const load = SteadyLoad.start(behind(), comanda, { rate: 40, clients: 6 });
    const killed = gatewaysOf(comanda)[1] ?? '';
    const complaints = behind().complaints.length;
    await load.more(10);
    await until('requests are in flight', () => load.inFlight > 1, { everyMs: 1 });
    await comanda.platform.kill(killed);
    await load.more(20);
    await comanda.platform.start(killed);
    await load.more(10);
    await load.stop();
    // Some went to the one that was gone.
    expect(behind().complaints.length).toBeGreaterThan(complaints);
    // The key of an order that was being placed stays taken until it is given up, and whether it exists is open.
    expect(load.failed.filter((why) => why !== 'POST 409 REQUEST_IN_FLIGHT')).toEqual([]);
    expect(load.open).toBeLessThanOrEqual(6);
    await checkBooks(comanda, { unknown: load.open });
  });
});
