/** What Nest injects by name. */
export const SETTINGS = Symbol('Settings');
