import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { generatedFiles } from './generated/files.js';

/** `npm run docs`: writes every file that is generated from the contracts and the manifest of services. */
const root = resolve(import.meta.dirname, '../..');
for (const [file, text] of await generatedFiles(root)) writeFileSync(resolve(root, file), text);
