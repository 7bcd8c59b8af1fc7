import { NOT_POSSIBLE } from './operator.js';
import { comanda } from './program.js';

const program = comanda(({ code, exitCode }) => {
  // A command line that is wrong ends as every other thing that is not possible; help and `audit` end as they ended.
  const ownCode = code === 'commander.executeSubCommandAsync' || exitCode === 0;
  process.exit(ownCode ? exitCode : NOT_POSSIBLE);
});
await program.parseAsync();
