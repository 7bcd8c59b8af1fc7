import { printable, StoredText } from '@comanda/contracts';
import { type Database, statement } from '@comanda/storage';
import { z } from 'zod';
import { Locale } from './locale.js';

export const Preferences = z.record(printable(100), z.unknown());

/** What somebody says of themselves. */
export interface ProfileChange {
  readonly name?: string | null | undefined;
  readonly locale?: z.infer<typeof Locale> | undefined;
  readonly preferences?: z.infer<typeof Preferences> | undefined;
}

const Profile = z.object({
  email: z.string(),
  name: StoredText.nullable(),
  locale: Locale,
  preferences: z
    .string()
    .transform((text): unknown => JSON.parse(text))
    .pipe(Preferences),
});
export type Profile = z.output<typeof Profile>;

const GET =
  'SELECT email, name, locale, preferences FROM accounts WHERE tenant_id = $1 AND account_id = $2 AND closed_at IS NULL';
const READ = statement(GET);
const LOCK = statement({ sqlite: GET, postgres: `${GET} FOR UPDATE` });
const WRITE = statement(
  'UPDATE accounts SET name = $3, locale = $4, preferences = $5 WHERE tenant_id = $1 AND account_id = $2',
);

interface Owner {
  readonly tenantId: string;
  readonly accountId: string;
}

/** What accounts say of themselves. */
export class Profiles {
  constructor(private readonly database: Database) {}

  async of({ tenantId, accountId }: Owner): Promise<Profile | undefined> {
    const [row] = await this.database.of(tenantId).read(READ, tenantId, accountId);
    return row && Profile.parse(row);
  }

  change({ tenantId, accountId }: Owner, change: ProfileChange): Promise<Profile | undefined> {
    return this.database.transaction(
      async (sql) => {
        const [row] = await sql.run(LOCK, tenantId, accountId);
        if (!row) return undefined;
        const before = Profile.parse(row);
        const { name = before.name, locale = before.locale, preferences = before.preferences } = change;
        await sql.run(WRITE, tenantId, accountId, name, locale, JSON.stringify(preferences));
        return { ...before, name, locale, preferences };
      },
      [tenantId],
    );
  }
}
