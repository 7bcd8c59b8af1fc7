import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Edge, gatewaysOf } from '../drill/edge.js';
import { rolling } from '../drill/rolling.js';
import { SteadyLoad } from '../drill/steady-load.js';
import { checkBooks } from '../support/books.js';
import { until } from '../support/until.js';
import { useFolder } from '../support/use-folder.js';
import { useInstallation } from '../support/use-installation.js';

const MODEST = { rate: 20, clients: 4 };

/**
 * A machine that runs other tests besides may be slower than a gateway waits: both tries of the edge were told to come
 * back. `npm run drill -- rolling` takes no excuse.
 */
const notForWantOfTime = (failed: readonly string[]): string[] =>
  failed.filter((why) => !/^(GET|POST) 503/.test(why));

describe('three gateways behind an edge', () => {
  let edge: Edge | undefined;
  afterAll(() => edge?.stop());
  const comanda = useInstallation({ env: { TRUSTED_PROXIES: '127.0.0.1' }, instances: { gateway: 3 } });
  const folder = useFolder('comanda-edge-');
  beforeAll(async () => {
    edge = await Edge.start(comanda, folder);
  });
  const behind = (): Edge => {
    if (!edge) throw new Error('the edge does not run');
    return edge;
  };
  /** Orders of loads that have ended whose answer never came. */
  let unknown = 0;

  it('fail no request, place no order twice and tell each step of one while each of them is restarted', async () => {
    const processes = gatewaysOf(comanda);
    expect(processes).toHaveLength(3);
    const report = await rolling(comanda, behind(), { ...MODEST, between: 10, processes });
    expect(notForWantOfTime(report.failed)).toEqual([]);
    expect(report.heard).toEqual(report.timeline);
    // Its gateway was restarted once at least.
    expect(report.connections).toBeGreaterThan(1);
    unknown += report.open;
  });

  it('know each order as soon as any of them has accepted it, also while Redis is away', async () => {
    await comanda.redis.kill();
    const load = SteadyLoad.start(behind(), comanda, MODEST);
    await load.more(60);
    await comanda.redis.start();
    await load.stop();
    expect(notForWantOfTime(load.failed)).toEqual([]);
    expect(load.accepted.length).toBeGreaterThan(30);
    unknown += load.open;
  });

  it('answer what a gateway that was killed had in its hands, from another one', async () => {
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
    const wrong = notForWantOfTime(load.failed);
    expect(wrong.filter((why) => why !== 'POST 409 REQUEST_IN_FLIGHT')).toEqual([]);
    await checkBooks(comanda, { unknown: unknown + load.open });
  });
});
