// How long a page of 100 dead letters takes among 100,000, on SQLite, as listLetters reads it:
//   npm run build && node bench/dead-letters/paging.mjs [dead letters] [pages]
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { listDeadLetters, OPERATIONS_MIGRATIONS } from '@comanda/operations';
import { openDatabase, statement } from '@comanda/storage';

const [deadLetters = 100_000, pages = 1_000] = process.argv.slice(2).map(Number);
const TYPES = ['order.created', 'order.confirmed', 'payment.completed', 'stock.reserved'];
const PAGE = 100;

const folder = mkdtempSync(join(tmpdir(), 'comanda-bench-'));
const database = await openDatabase(`sqlite:${join(folder, 'dead letters.db')}`, OPERATIONS_MIGRATIONS);
try {
  await fill();
  print(`${deadLetters} dead letters, a page of ${PAGE}, ${pages} pages each, newest first:`);
  for (const [name, data] of Object.entries({
    'of a tenant': {},
    'of a tenant and a type': { type: 'order.confirmed' },
    'of all tenants': { everyTenant: true },
  }))
    print(`  ${name.padEnd(24)} ${await measure(data)}`);
} finally {
  await database.close();
  rmSync(folder, { recursive: true, force: true });
}

/** Dead letters as they are: a body of 1 KB, a stack of 2 KB, three attempts. */
async function fill() {
  const attempts = JSON.stringify(
    [1, 2, 3].map((minute) => ({
      at: new Date(minute * 60_000).toISOString(),
      error: 'NotYet: no such order',
    })),
  );
  const properties = JSON.stringify({
    headers: {
      'x-comanda-attempts': attempts,
      'x-comanda-cause': 'Error: x',
      'x-comanda-stack': 'at x\n'.repeat(400),
    },
  });
  const body = Buffer.from(JSON.stringify({ data: { note: 'x'.repeat(1_000) } })).toString('base64');
  const size = Buffer.from(body, 'base64').length;
  for (let from = 0; from < deadLetters; from += 5_000)
    await database.transaction((sql) =>
      sql.run(
        statement(`INSERT INTO dead_letters (tenant_id, message_id, death, died_at, type, cause, size, copies, properties, body_base64)
         SELECT value ->> 0, value ->> 1, '', value ->> 2, value ->> 3, 'Error: x', ${size}, 1, '${properties.replaceAll("'", "''")}', '${body}'
         FROM json_each($1)`),
        Array.from({ length: Math.min(5_000, deadLetters - from) }, (_, at) => [
          (from + at) % 10 === 0 ? 'north' : 'default',
          `m-${String(from + at).padStart(8, '0')}`,
          dayOf(from + at),
          TYPES[(from + at) % TYPES.length],
        ]),
      ),
    );
}

/** Reads pages that begin anywhere, and says how long the middle and the slowest ones took. */
async function measure(data) {
  const options = { queue: 'orders_queue', database, replayDays: 14, clock: () => new Date() };
  const times = [];
  for (let page = 0; page < pages; page++) {
    const after = {
      diedAt: dayOf(PAGE * 10 + Math.floor(Math.random() * (deadLetters - PAGE * 10))),
      messageId: '',
    };
    const begun = performance.now();
    const { result } = await listDeadLetters(options, {
      tenantid: 'default',
      data: { order: 'newest-first', everyTenant: false, limit: PAGE, after, ...data },
    });
    times.push(performance.now() - begun);
    if (result.items.length !== PAGE) throw new Error(`a page of ${result.items.length}`);
  }
  times.sort((one, other) => one - other);
  const at = (share) => `${times[Math.floor(share * (times.length - 1))].toFixed(1)} ms`;
  return `p50 ${at(0.5)}, p99 ${at(0.99)}, most ${at(1)}`;
}

function print(line) {
  process.stdout.write(`${line}\n`);
}

function dayOf(at) {
  return new Date(Date.UTC(2026, 0, 1) + at * 1_000).toISOString();
}
