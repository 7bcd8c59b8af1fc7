import { until as untilWithin } from '@comanda/kit';

/** However slow the machine is: nothing that is waited for takes longer, unless it never happens. */
export const PATIENCE_MS = Number(process.env.COMANDA_TEST_PATIENCE_MS ?? 90_000);

/** `until` of the kit, for a whole installation. */
export const until: typeof untilWithin = (what, condition, options = {}) =>
  untilWithin(what, condition, { timeoutMs: PATIENCE_MS, ...options });
