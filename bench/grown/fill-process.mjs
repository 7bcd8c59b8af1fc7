/** Fills one database, so that several are filled at the same time: `sample` of test/grown says what with. */
import { fill } from '../../test/dist/grown/fill.js';

process.once('disconnect', () => process.exit());
process.once('message', ({ file, growth }) => {
  const rows = fill(file, { ...growth, kept: new Set(growth.kept) });
  process.send({ rows }, () => process.disconnect());
});
process.send({});
