/**
 * How long something has waited because its endpoint was left alone, in milliseconds. Other time does not count: then we
 * were slow, or away.
 *
 * @param heldSince since when the endpoint is left alone, in milliseconds since the epoch
 */
export const waitedMs = (at: string, wantedAt = at, heldSince = Number.POSITIVE_INFINITY): number =>
  Math.max(0, Date.parse(at) - Math.max(Date.parse(wantedAt), heldSince));
