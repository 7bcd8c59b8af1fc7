/** What Nest injects by name. */
/** The other issuer of tokens, `undefined` when there is none. */
export const FOREIGN_ISSUER = Symbol('foreign issuer');
export const CONFIG = Symbol('Settings');
