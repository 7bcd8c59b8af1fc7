import { checkPattern, EVENT_TYPES } from '@comanda/contracts';

/** What is wrong with the patterns of a subscription, and with which; `undefined` when nothing is. */
export function flawOfEventTypes(eventTypes: readonly string[]): string | undefined {
  for (const [at, pattern] of eventTypes.entries()) {
    const check = checkPattern(pattern, EVENT_TYPES);
    if (check.kind === 'refused') return `eventTypes[${at}]: ${check.reason}`;
  }
  return undefined;
}
