/** What follows from the next stored events of a replay's range. */
export interface ReplayPage<Event> {
  /** They are sent again. */
  readonly chosen: readonly Event[];
  /** How many were looked at and are not sent. */
  readonly skipped: number;
  /** The event that was looked at last; absent when there was none. */
  readonly position: string | undefined;
  /** Whether this was the end of the range. */
  readonly isLast: boolean;
}

/**
 * Looks at events in their order until as many are chosen as there is room for. What is behind them is looked at another time.
 *
 * @param asked how many events were asked for: fewer are the last ones
 */
export function pageOfReplay<Event extends { readonly eventId: string }>(
  found: readonly Event[],
  rules: { readonly asked: number; readonly room: number; isWanted(event: Event): boolean },
): ReplayPage<Event> {
  const chosen: Event[] = [];
  let looked = 0;
  for (const event of found) {
    const wanted = rules.isWanted(event);
    if (wanted && chosen.length >= rules.room) break;
    if (wanted) chosen.push(event);
    looked += 1;
  }
  return {
    chosen,
    skipped: looked - chosen.length,
    position: found[looked - 1]?.eventId,
    isLast: looked === found.length && found.length < rules.asked,
  };
}
