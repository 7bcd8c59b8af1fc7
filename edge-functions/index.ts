/** What the launcher needs to run the two receivers beside the platform. */
export { DEFAULT_LOGGER_PORT, DEFAULT_NOTIFIER_PORT } from './node/ports.js';
