import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type RabbitMqCluster, startRabbitMqCluster } from '@comanda/local-infra';
import { RawBroker } from '@comanda/test-kit';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { until } from '../support/until.js';

describe('three brokers as one', () => {
  const directory = mkdtempSync(join(tmpdir(), 'comanda-cluster-'));
  let cluster: RabbitMqCluster;

  beforeAll(async () => {
    cluster = await startRabbitMqCluster({ directory });
  }, 240_000);
  afterAll(async () => {
    await cluster.discard();
    rmSync(directory, { recursive: true });
  }, 60_000);

  it('hold what one of them has confirmed while that one is dead, and take it back', async () => {
    const first = await RawBroker.open(cluster.urlOf(1));
    await first.declare('kept', { durable: true, arguments: { 'x-queue-type': 'quorum' } });
    await first.send('kept', Buffer.from('still here'));
    await cluster.kill(1);

    // Who asks for a message before the others have chosen a new leader loses its connection.
    let held: readonly string[] = [];
    await until('the others hold it', async () => {
      const second = await RawBroker.open(cluster.urlOf(2));
      held = await second.drain('kept').then(
        (messages) => messages.map(({ content }) => content.toString()),
        () => [],
      );
      await second.close();
      return held.length > 0;
    });
    expect(held).toEqual(['still here']);

    await cluster.start(1);
    expect(await cluster.ctl(1, 'list_queues', 'name', 'online')).toContain(cluster.nameOf(1));
  });
});
