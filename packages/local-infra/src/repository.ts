import { resolve } from 'node:path';

/** The folder that holds the services' folders. */
export const REPOSITORY = resolve(import.meta.dirname, '../../..');
