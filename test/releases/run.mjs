/** `npm run keep-release`: at a release, keeps its tables and messages in docs/releases. See docs/upgrades.md. */
import { resolve } from 'node:path';
import { ensurePostgres } from '@comanda/local-infra';
import { keepRelease } from '../dist/releases/keep.js';
import { say } from '../support/long-run.mjs';

const lacking = await ensurePostgres(say);
if (lacking !== undefined) {
  say(lacking);
  process.exit(1);
}
try {
  say(`kept in ${await keepRelease(resolve(import.meta.dirname, '../../docs/releases'))}`);
} catch (error) {
  say(error.message);
  process.exit(1);
}
