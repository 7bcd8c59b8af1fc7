import { type Logger, messageOf } from '@comanda/kit';
import { type Database, keepSent, type OutboxRow } from '@comanda/storage';

/** So many share one commit, and nobody waits for it: what a backup may lack is what came so shortly before it. */
const LINGER_MS = 100;

/**
 * The durable commands that the gateway has sent, kept for a restore: they have no outbox, and after a backup only the
 * broker may have them.
 */
export class KeptCommands {
  #waiting: OutboxRow[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly database: Pick<Database, 'transaction'>,
    private readonly logger: Pick<Logger, 'warn'>,
  ) {}

  keep(command: OutboxRow): void {
    this.#waiting.push(command);
    this.#timer ??= setTimeout(() => void this.flush(), LINGER_MS);
  }

  /** Commits all that is waiting. A database that is out keeps nobody from ordering: then a line is logged. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const commands = this.#waiting.splice(0);
    if (commands.length === 0) return;
    try {
      await this.database.transaction((sql) => keepSent(sql, commands, new Date().toISOString()));
    } catch (error) {
      this.logger.warn(
        { commands: commands.length, error: messageOf(error) },
        'commands that were sent could not be kept for a restore',
      );
    }
  }
}
