import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { complaint, NPM_HELP, npm, PLAIN_INSTALL } from './npm.mjs';
import { SetUpError, step } from './step.mjs';

/**
 * A program that is a package of npm for each platform. It is installed into a folder of its own unless it is there
 * already, so that only who needs it pays for it.
 *
 * Such programs have another package besides, which fetches that of the platform by an install script. npm may refuse to
 * run it; so the package of the platform is asked for by its own name.
 *
 * @param {object} wanted
 * @param {string} wanted.folder where it lies, with all that belongs to it
 * @param {string} wanted.name of the platform's package
 * @param {string} wanted.version as npm takes it
 * @param {string} wanted.file the program in its package
 * @param {string} wanted.stamp what is written beside it: another one installs it anew
 * @param {string} wanted.title of the step, for people
 * @param {string} wanted.byHand what else mends it, for people
 * @param {(binary: string) => void} wanted.verify throws a SetUpError when it does not run here
 * @returns {Promise<string>} the path of the program
 */
export async function program({ folder, name, version, file, stamp, title, byHand, verify }) {
  const stampFile = join(folder, 'stamp');
  const binaryIn = (place) => join(place, 'node_modules', ...name.split('/'), file);
  const binary = binaryIn(folder);
  if (existsSync(binary) && existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp) return binary;
  await step(title, async () => {
    // Made aside and then put in place, so that what is in place is always whole.
    const aside = `${folder}.${process.pid}`;
    try {
      await install(aside, `${name}@${version}`, byHand);
      verify(binaryIn(aside));
      writeFileSync(join(aside, 'stamp'), stamp);
      rmSync(folder, { recursive: true, force: true });
      renameSync(aside, folder);
    } finally {
      rmSync(aside, { recursive: true, force: true });
    }
  });
  return binary;
}

async function install(folder, wanted, byHand) {
  mkdirSync(folder, { recursive: true });
  // A package of its own, or npm would install into the one around it.
  writeFileSync(join(folder, 'package.json'), '{ "private": true }\n');
  const { ok, output } = await npm(
    ['install', '--no-save', '--no-package-lock', ...PLAIN_INSTALL, wanted],
    folder,
  );
  if (!ok)
    throw new SetUpError(`npm could not install ${wanted}:\n${complaint(output)}\n\n${NPM_HELP}\n${byHand}`);
}
