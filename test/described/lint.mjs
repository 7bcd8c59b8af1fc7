// Prints what Redocly and Spectral say of an OpenAPI document, one finding a line; nothing when it is as they want it.
//   node test/described/lint.mjs docs/openapi.json
import { readFileSync } from 'node:fs';
import { Socket } from 'node:net';
import { join, resolve } from 'node:path';
import { lint, loadConfig } from '@redocly/openapi-core';
import core from '@stoplight/spectral-core';
import parsers from '@stoplight/spectral-parsers';
import rules from './spectral.mjs';

// Rules and schemas come from node_modules: who asks the network for one says so here.
Socket.prototype.connect = () => {
  throw new Error('a linter reaches out for the network');
};

// From where the exceptions name the document.
const ROOT = join(import.meta.dirname, '../..');
const file = resolve(process.argv[2] ?? 'docs/openapi.json');

const config = await loadConfig({ configPath: join(import.meta.dirname, 'redocly.yaml') });
for (const { ruleId, severity, message, location } of await lint({ ref: file, config })) {
  const at = location.map(({ pointer }) => pointer).join(', ');
  process.stdout.write(`redocly ${severity} ${ruleId} ${at}: ${message}\n`);
}

const spectral = new core.Spectral();
spectral.setRuleset(new core.Ruleset(rules, { source: join(ROOT, 'spectral.mjs') }));
const document = new core.Document(readFileSync(file, 'utf8'), parsers.Json, file);
for (const { code, severity, message, path } of await spectral.run(document))
  process.stdout.write(`spectral ${severity} ${code} #/${path.join('/')}: ${message}\n`);
