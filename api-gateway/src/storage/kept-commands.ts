import { type Logger, messageOf } from '@comanda/kit';
import { type Database, keepSent, type OutboxRow } from '@comanda/storage';

/** So many share one commit, and nobody waits for it: what a backup may lack is what came so shortly before it. */
const LINGER_MS = 100;

/**
 * The durable commands that the broker has confirmed to the gateway, kept for a restore: they have no outbox, and after a
 * backup only the broker may have them. A transaction that is made anyway takes along what is waiting.
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

  /** Hands over what is waiting to a transaction that keeps it. */
  take(): readonly OutboxRow[] {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    return this.#waiting.splice(0);
  }

  /** The transaction failed: it is still to be kept. */
  giveBack(commands: readonly OutboxRow[]): void {
    for (const command of commands) this.keep(command);
  }

  /** Commits all that is waiting. A database that is out keeps nobody from ordering: then a line is logged. */
  async flush(): Promise<void> {
    const commands = this.take();
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
