import { openTestDatabase, runMain } from '@comanda/test-kit';
import { Housekeeper } from '../housekeeping/housekeeper.js';
import { inboxRetention } from '../housekeeping/inbox-retention.js';

/** Cleans a database's inbox over and over, as another instance would, and prints its log. */
await runMain(async ({ file, keptDays }: { file: string; keptDays: number }) => {
  const database = await openTestDatabase(file);
  const say = (fields: object, message: string) =>
    process.stdout.write(`${JSON.stringify({ message, ...fields })}\n`);
  const housekeeper = new Housekeeper({
    database,
    retentions: [inboxRetention(keptDays)],
    everySeconds: 0,
    clock: () => new Date(),
    logger: { debug: say, info: say, warn: say, error: say },
  });
  housekeeper.start();
  return async () => {
    await housekeeper.stop();
    await database.close();
  };
});
