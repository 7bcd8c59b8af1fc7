/** What Nest injects by name. */
export const CONFIG = Symbol('Settings');
