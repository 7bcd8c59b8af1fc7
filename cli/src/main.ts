import { NOT_POSSIBLE } from './operator.js';
import { comanda } from './program.js';

const program = comanda(({ code, exitCode }) => {
  // A wrong command line exits like every other impossible request; help and `audit` keep their own exit codes.
  const ownCode = code === 'commander.executeSubCommandAsync' || exitCode === 0;
  process.exit(ownCode ? exitCode : NOT_POSSIBLE);
});
await program.parseAsync();
