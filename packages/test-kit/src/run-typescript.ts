/** Options of Node for a child process of a test: it runs this repository's TypeScript as it is. */
export const RUN_TYPESCRIPT: readonly string[] = [
  '--experimental-transform-types',
  '--no-warnings',
  '--import',
  new URL('./typescript-hook.mjs', import.meta.url).href,
];

/** The same for a script, an ES module in its text. */
export const runScript = (script: string): string[] => [
  ...RUN_TYPESCRIPT,
  '--input-type=module',
  '--eval',
  script,
];
