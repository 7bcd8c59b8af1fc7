// `npm run sbom [-- file]`: writes which packages run in production, with versions, licences and hashes, as CycloneDX.
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { complaint, npm } from '../bootstrap/npm.mjs';

const ROOT = join(import.meta.dirname, '..', '..');
const file = resolve(process.argv[2] ?? 'sbom.cdx.json');

const { ok, output } = await npm(
  ['sbom', '--sbom-format=cyclonedx', '--sbom-type=application', '--package-lock-only', '--loglevel=silent'],
  ROOT,
);
if (ok) {
  writeFileSync(file, `${JSON.stringify(inProduction(JSON.parse(output)), undefined, 2)}\n`);
  console.error(file);
} else {
  console.error(`npm could not list the packages:\n${complaint(output)}`);
  process.exitCode = 1;
}

/**
 * The list without what only development needs. Not by `npm sbom --omit=dev`: that leaves out each package which any
 * workspace needs for development, also when a service needs it. Of several copies of a package npm lists one, maybe the
 * one of a tool: the lock file knows the others.
 */
function inProduction(sbom) {
  const inUse = lockedForProduction();
  const components = sbom.components.filter(
    (one) => !one.properties.some(isDevelopment) || inUse.has(one['bom-ref']),
  );
  const kept = new Set([
    sbom.metadata.component['bom-ref'],
    ...components.map((component) => component['bom-ref']),
  ]);
  const dependencies = sbom.dependencies
    .filter(({ ref }) => kept.has(ref))
    .map(({ ref, dependsOn }) => ({ ref, dependsOn: dependsOn.filter((other) => kept.has(other)) }));
  // npm takes the name of the folder, which is whatever it was cloned into.
  const { name } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  const component = { ...sbom.metadata.component, name };
  return { ...sbom, metadata: { ...sbom.metadata, component }, components, dependencies };
}

function isDevelopment({ name, value }) {
  return name === 'cdx:npm:package:development' && value === 'true';
}

/** `name@version` of each package of others that has a copy in production. */
function lockedForProduction() {
  const { packages } = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8'));
  return new Set(
    Object.entries(packages)
      .filter(([path, { dev, link }]) => path.includes('node_modules/') && !dev && !link)
      .map(([path, { name, version }]) => `${name ?? path.split('node_modules/').at(-1)}@${version}`),
  );
}
