/** What Nest injects by name. */
export const LOGGER = Symbol('Logger');
export const DATABASE = Symbol('Database');
/** Where lists are read. */
export const LISTS = Symbol('Lists');
export const REDIS = Symbol('Redis');
/** A list of `HealthCheck`. */
export const HEALTH_CHECKS = Symbol('HealthChecks');
