/** Codes that say "not now" rather than "not this": the same statement may well succeed later. */
const OUTAGES = [
  // SQLite: locked, full or read-only.
  /^SQLITE_(BUSY|LOCKED|FULL|IOERR|READONLY|CANTOPEN|NOMEM|PROTOCOL)/,
  // The way to the server.
  /^(ECONN|EPIPE|ETIMEDOUT|EHOST|ENET|ENOTFOUND|EAI_AGAIN)/,
  // PostgreSQL (https://www.postgresql.org/docs/current/errcodes-appendix.html): connection lost; nobody is let in, or
  // not to this database; no room, no memory, too many connections; stopped, starting, or out of time; its disk.
  /^(08|28|3D|53|57|58)...$/,
  // PostgreSQL: only read from, as a standby is; a transaction that waited too long; one that others stand in the way of.
  /^(25006|25P03|55P03|40001|40P01)$/,
];

/** Whether the database itself is in trouble, as opposed to what was asked of it. */
export function isOutage(error: unknown): boolean {
  return codesOf(error).some((code) => OUTAGES.some((outage) => outage.test(code)));
}

/** Whether the same transaction will do when it is run again, because another one came first. */
export function isCollision(error: unknown): boolean {
  return codesOf(error).some((code) => code === '23505' || code === '40001' || code === '40P01');
}

/** Whether it was picked to fail so that others, who waited for it as it did for them, could get on. */
export const isDeadlock = (error: unknown): boolean => codesOf(error).includes('40P01');

/** TypeORM wraps the driver's error, which carries the code. */
function codesOf(error: unknown): string[] {
  if (typeof error !== 'object' || error === null) return [];
  const own = 'code' in error && typeof error.code === 'string' ? [error.code] : [];
  return 'driverError' in error ? [...own, ...codesOf(error.driverError)] : own;
}
