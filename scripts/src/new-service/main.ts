import { resolve } from 'node:path';
import { messageOf } from '@comanda/kit';
import { print } from '../terminal.js';
import { newService } from './new-service.js';

/** `npm run new-service -- loyalty order.confirmed`: the recipe for a service, carried out. */
const [alias, event, ...rest] = process.argv.slice(2);
if (alias === undefined || event === undefined || rest.length > 0) {
  console.error('Usage: npm run new-service -- ALIAS EVENT    (for example: loyalty order.confirmed)');
  process.exitCode = 2;
} else {
  try {
    const name = newService({ root: resolve(import.meta.dirname, '../../..'), alias, event });
    print(`${name}/ is there. Next: npm install && npm run docs && npm run dev -- ${alias}`);
  } catch (error) {
    console.error(messageOf(error));
    process.exitCode = 1;
  }
}
