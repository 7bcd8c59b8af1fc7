import { setTimeout as pause } from 'node:timers/promises';
import { statement } from '@comanda/storage';
import { openTestDatabase, runMain } from '@comanda/test-kit';

/** Another process that writes to the same file: it holds the write lock for a while once it has said `ready`. */
await runMain(async ({ file, holdMs }: { file: string; holdMs: number }) => {
  const database = await openTestDatabase(file);
  let holds = () => {};
  const holding = new Promise<void>((resolve) => {
    holds = resolve;
  });
  void database.transaction(async (sql) => {
    await sql.run(statement(`INSERT INTO inbox (message_id, handled_at) VALUES ('theirs', 'now')`));
    holds();
    await pause(holdMs);
  });
  await holding;
  return () => database.close();
});
