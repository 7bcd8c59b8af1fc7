/** Codes that say "not now" rather than "not this": the same statement may well succeed later. */
const OUTAGE =
  /^(SQLITE_(BUSY|LOCKED|FULL|IOERR|READONLY|CANTOPEN|NOMEM|PROTOCOL)|ECONN|EPIPE|ETIMEDOUT|08|53|57P|40001|40P01)/;

/** Whether the database itself is in trouble, as opposed to what was asked of it. */
export function isOutage(error: unknown): boolean {
  return codesOf(error).some((code) => OUTAGE.test(code));
}

/** TypeORM wraps the driver's error, which carries the code. */
function codesOf(error: unknown): string[] {
  if (typeof error !== 'object' || error === null) return [];
  const own = 'code' in error && typeof error.code === 'string' ? [error.code] : [];
  return 'driverError' in error ? [...own, ...codesOf(error.driverError)] : own;
}
