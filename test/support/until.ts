import { poll } from '@comanda/local-infra';

/** However slow the machine is: nothing that is waited for takes longer, unless it never happens. */
export const PATIENCE_MS = Number(process.env.COMANDA_TEST_PATIENCE_MS ?? 90_000);

/** Asks until the answer is true; fails with `what` it waited for. */
export const until = (
  what: string,
  holds: () => boolean | Promise<boolean>,
  { timeoutMs = PATIENCE_MS, everyMs = 50 } = {},
): Promise<void> => poll(async () => holds(), { what, timeoutMs, everyMs });
