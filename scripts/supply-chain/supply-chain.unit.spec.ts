import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { createGunzip } from 'node:zlib';
import { Spec, Validation } from '@cyclonedx/cyclonedx-library';
import { afterAll, afterEach, expect, test } from '@jest/globals';
import { z } from 'zod';
import { workspacesOf } from '../src/generated/workspaces.js';

const ROOT = join(import.meta.dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'comanda-supply-chain-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs a command, with an npm that remembers nothing of other runs. */
const run = (command: string, args: string[], { cwd = ROOT, ...environment }: Record<string, string> = {}) =>
  new Promise<{ code: number; said: string }>((settle) => {
    const env = { ...process.env, npm_config_cache: join(folder, 'cache'), ...environment };
    const child = execFile(command, args, { cwd, env }, (_error, stdout, stderr) =>
      settle({ code: child.exitCode ?? -1, said: `${stdout}${stderr}`.trim() }),
    );
  });

const Lock = z.object({
  packages: z.record(
    z.string(),
    z.object({
      name: z.string().optional(),
      version: z.string().optional(),
      dev: z.boolean().default(false),
      link: z.boolean().default(false),
    }),
  ),
});

/** `name@version` of each package of others that runs in production, as the lock file has it. */
const locked = new Set(
  Object.entries(Lock.parse(JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8'))).packages)
    .filter(([path, { dev, link }]) => path.includes('node_modules/') && !dev && !link)
    .map(([path, { name, version }]) => `${name ?? path.split('node_modules/').at(-1)}@${version}`),
);

/** A registry's service for known vulnerabilities. */
let registry: Server | undefined;
afterEach(() => {
  registry?.close();
});

async function startRegistry(status: number, advisories: object) {
  const asked: Record<string, string[]>[] = [];
  registry = createServer(async (request, response) => {
    if (request.method !== 'POST') return response.writeHead(404).end();
    const body = request.headers['content-encoding'] === 'gzip' ? request.pipe(createGunzip()) : request;
    asked.push(z.record(z.string(), z.array(z.string())).parse(await json(body)));
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(advisories));
  });
  const { port } = await new Promise<AddressInfo>((settle) =>
    registry?.listen(0, '127.0.0.1', () => settle(registry?.address() as AddressInfo)),
  );
  return { asked, url: `http://127.0.0.1:${port}/` };
}

const knownVulnerabilities = (url: string, environment: Record<string, string> = {}) =>
  run(process.execPath, ['scripts/supply-chain/known-vulnerabilities.mjs'], {
    npm_config_registry: url,
    ...environment,
  });

/** npm remembers what follows from an advisory by its id. */
let advisories = 0;
const advisory = (severity: string) => [
  {
    id: ++advisories,
    url: 'https://advisories.example/1',
    title: 'Reads too much',
    severity,
    vulnerable_versions: '*',
  },
];

test('a known vulnerability that is high stops the build, with its cause', async () => {
  const { url, asked } = await startRegistry(200, { zod: advisory('high') });
  const { code, said } = await knownVulnerabilities(url);
  expect(said).toContain('zod, any version: high\n  Reads too much (https://advisories.example/1)');
  expect(code).toBe(1);
  // All that runs in production was asked for, and nothing that only tests need.
  const names = Object.keys(asked[0] ?? {});
  expect([...locked].filter((one) => !names.includes(one.slice(0, one.lastIndexOf('@'))))).toEqual([]);
  expect(names).not.toContain('jest');
});

test('a lesser vulnerability is counted and stops nothing; so does none', async () => {
  const { url } = await startRegistry(200, { zod: advisory('moderate') });
  const lesser = await knownVulnerabilities(url);
  expect(lesser.said).toMatch(/^0 of the packages .* high or critical; [1-9]\d* have a lesser one/);
  expect(lesser.code).toBe(0);
});

test('npm asks also when it is set to be offline: its silence would read as no vulnerability', async () => {
  const { url, asked } = await startRegistry(200, { zod: advisory('critical') });
  expect(await knownVulnerabilities(url, { npm_config_offline: 'true' })).toMatchObject({ code: 1 });
  expect(asked).toHaveLength(1);
});

test.each([404, 405])('a registry that answers %i stops nothing, and one line says so', async (status) => {
  const { url } = await startRegistry(status, {});
  const { code, said } = await knownVulnerabilities(url);
  expect(said).toMatch(/^The registry could not be asked for known vulnerabilities: [^\n]*$/);
  expect(said).toContain(String(status));
  expect(code).toBe(0);
});

test('a registry that is not there stops nothing, and one line says so', async () => {
  const { url } = await startRegistry(200, {});
  registry?.close();
  const { code, said } = await knownVulnerabilities(url);
  expect(said).toMatch(
    /^The registry could not be asked for known vulnerabilities: [^\n]*ECONNREFUSED[^\n]*$/,
  );
  expect(code).toBe(0);
});

const Sbom = z.object({
  metadata: z.object({ component: z.object({ name: z.string() }) }),
  components: z.array(
    z.object({
      'bom-ref': z.string(),
      hashes: z.array(z.unknown()).default([]),
      licenses: z.array(z.unknown()).default([]),
    }),
  ),
  dependencies: z.array(z.object({ ref: z.string(), dependsOn: z.array(z.string()) })),
});

test('npm run sbom lists each package in production once, in valid CycloneDX', async () => {
  const file = join(folder, 'sbom.cdx.json');
  expect(await run('npm', ['run', 'sbom', '--', file])).toMatchObject({ code: 0 });
  const text = readFileSync(file, 'utf8');
  expect(await new Validation.JsonStrictValidator(Spec.Version.v1dot5).validate(text)).toBeNull();
  const { metadata, components, dependencies } = Sbom.parse(JSON.parse(text));
  expect(metadata.component.name).toBe('comanda');
  const refs = components.map((component) => component['bom-ref']);
  const others = refs.filter((ref) => !ref.startsWith('@comanda/'));
  expect(others.toSorted()).toEqual([...locked].toSorted());
  expect(components.filter(({ hashes }) => hashes.length > 0)).toHaveLength(locked.size);
  // Nothing is needed that is not listed.
  const needed = dependencies.flatMap(({ dependsOn }) => dependsOn);
  expect(needed.filter((ref) => !refs.includes(ref))).toEqual([]);
});

/** What `npm ci` checks before it installs anything; it needs no registry for that. */
const checkLock = (cwd: string) =>
  run('npm', ['ci', '--dry-run', '--ignore-scripts', '--offline', '--no-audit', '--no-fund'], { cwd });

test('npm ci accepts the lock file, and would not if a package.json asked for something else', async () => {
  const clone = join(folder, 'clone');
  const manifests = workspacesOf(ROOT).map((workspace) => join(workspace.folder, 'package.json'));
  for (const file of ['package.json', 'package-lock.json', ...manifests])
    cpSync(join(ROOT, file), join(clone, file));
  const accepted = await checkLock(clone);
  expect(accepted.said).toContain('added ');
  expect(accepted.code).toBe(0);
  const kit = join(clone, 'packages/kit/package.json');
  writeFileSync(kit, readFileSync(kit, 'utf8').replace(/"@jest\/globals": ".*"/, '"@jest/globals": "1.0.0"'));
  const refused = await checkLock(clone);
  expect(refused.said).not.toContain('added ');
  expect(refused.code).toBe(1);
});
