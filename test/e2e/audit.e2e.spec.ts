import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type AuditOptions, type AuditReport, audit, databasesIn, INVARIANTS } from '@comanda/auditor';
import type { DatabaseName } from '@comanda/contracts';
import { type AuditorProcess, freePort, startAuditor } from '@comanda/local-infra';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { connect } from 'amqplib';
import Sqlite from 'better-sqlite3';
import { orderOf, PRODUCTS } from '../support/api.js';
import { checkBooks } from '../support/books.js';
import { CORRUPTIONS, type Scene } from '../support/corruptions.js';
import { Load } from '../support/load.js';
import { until } from '../support/until.js';
import { useFolder } from '../support/use-folder.js';
import { useInstallation } from '../support/use-installation.js';

const CLI = resolve(import.meta.dirname, '../../auditor/dist/cli.js');
const ESPRESSO = `product_id = '${PRODUCTS.espresso}'`;

/** Runs a statement on a database behind its service's back; how many rows it changed. */
function corrupt(directory: string, database: DatabaseName, statement: string): number {
  const file = new Sqlite(join(directory, `${database}.db`), { timeout: 10_000 });
  try {
    file.pragma('ignore_check_constraints = ON');
    file.exec(statement);
    return file.prepare<[], { n: number }>('SELECT total_changes() AS n').get()?.n ?? 0;
  } finally {
    file.close();
  }
}

const wrongIn = ({ invariants }: AuditReport) =>
  invariants.filter(({ count }) => count > 0).map(({ id, violations }) => ({ id, violations }));

describe('the auditor', () => {
  const comanda = useInstallation();
  const copies = useFolder('comanda-audit-');
  const made: string[] = [];
  const scene: Partial<Scene> = {};
  const known = (): Scene => scene as Scene;

  afterEach(() => {
    for (const directory of made.splice(0)) rmSync(directory, { recursive: true });
  });

  describe('as a process beside an installation under load', () => {
    let auditor: AuditorProcess;
    let load: Load;

    beforeAll(async () => {
      auditor = await startAuditor({
        directory: join(comanda.directory, 'data'),
        rabbitUrl: comanda.brokerUrl,
        redisUrl: comanda.redis.url,
        ports: comanda.platform.ports,
        port: await freePort(),
        env: { AUDIT_INTERVAL_SECONDS: '1', LOG_LEVEL: 'info' },
      });
      load = Load.start(comanda, { clients: 2, pauseMs: 100 });
    });
    afterAll(async () => {
      await load?.stop();
      await auditor?.stop();
    });

    /** The gauges of one kind: by invariant, or by no label at all. */
    const gauges = async (name: string): Promise<Map<string, number>> => {
      const page = await (await fetch(`${auditor.url}/metrics`)).text();
      const lines = page.matchAll(new RegExp(`^${name}(?:\\{invariant="([^"]+)"\\})? (\\S+)$`, 'gm'));
      return new Map([...lines].map(([, label = '', value]) => [label, Number(value)]));
    };
    const rounds = async (number: number): Promise<void> => {
      const ends = new Set<number>();
      await until(`${number} audits have ended`, async () => {
        const end = (await gauges('comanda_audit_last_run_timestamp_seconds')).get('') ?? 0;
        if (end > 0) ends.add(end);
        return ends.size >= number;
      });
    };
    const violationsLogged = (): string[] =>
      auditor.process.tail(200).filter((line) => line.includes('violation of'));

    it('gives no false alarm', async () => {
      await load.more(20);
      await rounds(3);
      await load.more(20);
      await rounds(2);
      const violations = await gauges('comanda_audit_violations');
      expect([...violations.keys()].toSorted()).toEqual(
        INVARIANTS.filter(({ onlyAtRest }) => !onlyAtRest)
          .map(({ id }) => id)
          .toSorted(),
      );
      expect([...violations].filter(([, count]) => count !== 0)).toEqual([]);
      expect((await gauges('comanda_audit_checked')).get('every-order-ends')).toBeGreaterThan(0);
      expect(violationsLogged()).toEqual([]);
      expect((await fetch(`${auditor.url}/health/ready`)).status).toBe(200);
    }, 300_000);

    it('shows a violation as long as it lasts, and logs it once, with whom it is about', async () => {
      const data = join(comanda.directory, 'data');
      const shown = async (): Promise<number | undefined> =>
        (await gauges('comanda_audit_violations')).get('stock-adds-up');
      corrupt(data, 'products', `UPDATE stock SET reserved = reserved + 1000 WHERE ${ESPRESSO}`);
      await until('the gauge shows it', async () => (await shown()) === 1);
      await rounds(2);
      expect(violationsLogged().map((line) => JSON.parse(line))).toEqual([
        expect.objectContaining({
          level: 50,
          invariant: 'stock-adds-up',
          tenantId: 'default',
          productId: PRODUCTS.espresso,
        }),
      ]);
      corrupt(data, 'products', `UPDATE stock SET reserved = reserved - 1000 WHERE ${ESPRESSO}`);
      await until('the gauge is back', async () => (await shown()) === 0);
      await load.stop();
      comanda.accepted.push(...load.accepted.keys());
      expect(load.surprises).toEqual([]);
    }, 300_000);
  });

  describe('on the books of an installation at rest', () => {
    beforeAll(async () => {
      const place = (key: string, productId: string, quantity: number, method: string): Promise<string> =>
        comanda.place(orderOf(productId, quantity, method), { 'idempotency-key': `key-${key}` });
      const { espresso, medialuna, cheesecake } = PRODUCTS;
      const cancelled = await place('cancelled', espresso, 4, 'sim_approved');
      Object.assign(scene, {
        confirmed: await place('confirmed', espresso, 2, 'sim_approved'),
        declined: await place('declined', espresso, 3, 'sim_declined'),
        outOfStock: await place('out-of-stock', medialuna, 501, 'sim_approved'),
        tooMany: await place('too-many', cheesecake, 41, 'sim_approved'),
        cancelled,
        refunded: await place('refunded', espresso, 1, 'sim_approved'),
      });
      await comanda.customer.timelineWith(cancelled, 'product.stockCommitted');
      await comanda.staff.post(`/orders/${cancelled}/cancel`, { reason: 'Oven broken' });
      await comanda.customer.refunded(cancelled);
      const refunded = known().refunded;
      await comanda.customer.timelineWith(refunded, 'product.stockCommitted');
      await comanda.staff.post(`/orders/${refunded}/refunds`, { amount: 100, reason: 'Cold' });
      await comanda.customer.refunded(refunded, 100);
      await comanda.staff.post(`/orders/${refunded}/fulfil`, undefined, { 'idempotency-key': 'handed over' });
      await comanda.customer.orderThat(refunded, 'is fulfilled', ({ status }) => status === 'FULFILLED');
      for (const delta of [10, -3, 5])
        await comanda.staff.post(`/products/${espresso}/stock-adjustments`, { delta, reason: 'counted' });
      await freeOrders();
      await checkBooks(comanda);
      await comanda.platform.stop();
    });

    /** Two orders that cost nothing, so that no payment was asked for. */
    const freeOrders = async (): Promise<void> => {
      const productId = await comanda.product('TAP-WATER', { price: 0, stock: 5 });
      for (let nth = 0; nth < 2; nth += 1) {
        const order = await comanda.placed({ productId, quantity: 1 });
        expect(order).toMatchObject({ status: 'CONFIRMED', totalAmount: 0 });
      }
    };
    const copyOf = (): string => {
      const directory = mkdtempSync(join(copies, 'books-'));
      cpSync(join(comanda.directory, 'data'), directory, { recursive: true });
      made.push(directory);
      return directory;
    };
    const auditOf = (directory: string, options: Partial<AuditOptions> = {}): Promise<AuditReport> =>
      audit({ databases: databasesIn(directory), rabbitUrl: comanda.brokerUrl, atRest: true, ...options });
    const command = (...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> =>
      new Promise((settle) => {
        const env = { ...process.env, RABBITMQ_URL: comanda.brokerUrl };
        execFile(process.execPath, [CLI, ...args], { env }, (error, stdout, stderr) =>
          settle({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr }),
        );
      });

    it('finds nothing wrong, having looked at everything', async () => {
      const report = await auditOf(copyOf());
      expect(wrongIn(report)).toEqual([]);
      expect(report.violations).toBe(0);
      expect(report.invariants.map(({ id }) => id)).toEqual(INVARIANTS.map(({ id }) => id));
      expect(report.invariants.filter(({ checked }) => checked === 0).map(({ id }) => id)).toEqual([
        // Nothing waits and nothing is in the outboxes, so there is nothing to look at.
        'everything-that-waits-has-due-work',
        'the-outbox-is-published',
      ]);
    });

    it.each(CORRUPTIONS)(
      'finds that $what',
      async ({ database, sql, by, naming, furtherViolations = [] }) => {
        const directory = copyOf();
        expect(corrupt(directory, database, sql(known()))).toBeGreaterThan(0);
        const wrong = wrongIn(await auditOf(directory));
        expect({ found: wrong.map(({ id }) => id).toSorted(), wrong }).toEqual({
          found: [by, ...furtherViolations].toSorted(),
          wrong,
        });
        expect(wrong.find(({ id }) => id === by)?.violations).toContainEqual(
          expect.objectContaining({ ids: expect.objectContaining(naming(known())) }),
        );
      },
    );

    it('has been shown a corruption for each invariant', () => {
      const found = new Set(CORRUPTIONS.map(({ by }) => by));
      expect(INVARIANTS.map(({ id }) => id).filter((id) => !found.has(id))).toEqual([
        // Broken by a message, which a test below puts there.
        'queues-are-empty',
      ]);
    });

    it('grants a system in motion the time that a message may take, and one at rest none', async () => {
      const directory = copyOf();
      const { cancelled } = known();
      const ages = (age: string): number =>
        corrupt(
          directory,
          'orders',
          `UPDATE orders SET refunded_amount = 0, updated_at = ${age} WHERE order_id = '${cancelled}'`,
        );
      ages(`strftime('%Y-%m-%dT%H:%M:%fZ', 'now')`);
      expect(wrongIn(await auditOf(directory, { atRest: false }))).toEqual([]);
      expect(wrongIn(await auditOf(directory)).map(({ id }) => id)).toEqual(['orders-know-their-refunds']);

      ages(`strftime('%Y-%m-%dT%H:%M:%fZ', 'now', '-1 hour')`);
      corrupt(
        directory,
        'payments',
        `UPDATE payments SET updated_at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now', '-1 hour') WHERE order_id = '${cancelled}'`,
      );
      const [found] = wrongIn(await auditOf(directory, { atRest: false }));
      expect(found).toMatchObject({ id: 'orders-know-their-refunds' });
    });

    it('does not take an event for lost that waits for its reader or is among its dead letters', async () => {
      const directory = copyOf();
      corrupt(
        directory,
        'payments',
        'DELETE FROM inbox WHERE message_id = (SELECT min(message_id) FROM inbox)',
      );
      const connection = await connect(comanda.brokerUrl);
      try {
        const channel = await connection.createConfirmChannel();
        channel.sendToQueue('payments_queue.dlq', Buffer.from('{}'), { persistent: true });
        await channel.waitForConfirms();
        const excused = await auditOf(directory);
        expect(wrongIn(excused)).toEqual([]);
        expect(excused.queues).toMatchObject({ waiting: {}, dead: { 'payments_queue.dlq': 1 } });
        await channel.purgeQueue('payments_queue.dlq');
        expect(wrongIn(await auditOf(directory)).map(({ id }) => id)).toEqual(['every-event-is-handled']);

        channel.sendToQueue('payments_queue', Buffer.from('{}'), { persistent: true });
        await channel.waitForConfirms();
        expect(wrongIn(await auditOf(directory))).toEqual([
          {
            id: 'queues-are-empty',
            violations: [
              {
                ids: { queue: 'payments_queue' },
                detail: '1 messages wait, each with one event or a frame of them',
              },
            ],
          },
        ]);
        expect(wrongIn(await auditOf(directory, { atRest: false }))).toEqual([]);
        await channel.purgeQueue('payments_queue');
      } finally {
        await connection.close();
      }
    });

    it('is a command that says all is well, what is wrong, or why it cannot know', async () => {
      const directory = copyOf();
      const well = await command('--at-rest', '--data', directory);
      expect(well).toMatchObject({ code: 0, stderr: '' });
      expect(well.stdout).toMatch(/^10 {2}tenants-never-mix +\d+ +0$/m);
      expect(well.stdout).toMatch(/^No violations$/m);

      corrupt(directory, 'products', `UPDATE stock SET available = available + 1 WHERE ${ESPRESSO}`);
      const wrong = await command('--at-rest', '--data', directory);
      expect(wrong.code).toBe(1);
      expect(wrong.stdout).toMatch(
        new RegExp(`^ +tenantId=default productId=${PRODUCTS.espresso}: available`, 'm'),
      );
      const json = await command('--at-rest', '--data', directory, '--json');
      expect(json.code).toBe(1);
      expect(JSON.parse(json.stdout)).toMatchObject({ violations: 1, atRest: true });

      rmSync(join(directory, 'payments.db'));
      expect(await command('--data', directory)).toEqual({
        code: 2,
        stdout: '',
        stderr: `payments: there is no database ${join(directory, 'payments.db')}\n`,
      });
    });
  });
});
