import { type Database, statement } from '@comanda/storage';
import { z } from 'zod';

const FIND = statement('SELECT public_key AS "publicKey" FROM sealing_keys WHERE service = $1');
const KEEP = statement(
  `INSERT INTO sealing_keys (service, public_key, learned_at) VALUES ($1, $2, $3)
   ON CONFLICT (service) DO UPDATE SET public_key = excluded.public_key, learned_at = excluded.learned_at`,
);

/** For which keys texts are sealed for other services, as those last said. No secrets. */
export class SealingKeys {
  constructor(private readonly database: Database) {}

  async find(service: string): Promise<string | undefined> {
    const [row] = await this.database.acrossTenants.read(FIND, service);
    return row && z.object({ publicKey: z.string() }).parse(row).publicKey;
  }

  keep(service: string, publicKey: string): Promise<void> {
    return this.database.transaction(async (sql) => {
      await sql.run(KEEP, service, publicKey, new Date().toISOString());
    }, []);
  }
}
