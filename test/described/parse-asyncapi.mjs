// Prints what AsyncAPI's parser says of a document, one finding a line; nothing when it is valid.
import { readFileSync } from 'node:fs';
import { Socket } from 'node:net';
import { Parser } from '@asyncapi/parser';

Socket.prototype.connect = () => {
  throw new Error('the parser reaches out for the network');
};

const { diagnostics } = await new Parser().parse(readFileSync(process.argv[2] ?? '', 'utf8'));
// Below a warning is advice: that the next version of AsyncAPI is out, say.
for (const { severity, code, message, path } of diagnostics)
  if (severity <= 1) process.stdout.write(`${severity} ${code} #/${path.join('/')}: ${message}\n`);
