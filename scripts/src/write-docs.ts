import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventsDocument } from './events-document.js';

writeFileSync(join(process.cwd(), 'docs', 'events.md'), eventsDocument());
