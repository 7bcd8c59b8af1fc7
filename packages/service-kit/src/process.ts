/** What the main of a process needs that has no Nest, no broker and no database: settings, log, start and stop. */
export { createLogger } from './logger.js';
export { runMain } from './run-main.js';
export { apiBaseUrl, bindHost, port, publicUrl, readConfig } from './settings.js';
export { stopOnSignals } from './stop-on-signals.js';
