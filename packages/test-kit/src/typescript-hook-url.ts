/** For `node --import`: lets a child process of a test run this repository's TypeScript as it is. */
export const TYPESCRIPT_HOOK = new URL('./typescript-hook.mjs', import.meta.url).href;
