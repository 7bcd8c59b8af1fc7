import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { SERVICES } from '@comanda/contracts';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { z } from 'zod';

const ROOT = join(import.meta.dirname, '../..');
const read = (file: string): string => readFileSync(join(ROOT, file), 'utf8');

const Text = z.union([z.string(), z.number()]).transform(String);
const Container = z.object({
  image: z.string(),
  user: z.string().optional(),
  read_only: z.boolean().optional(),
  cap_drop: z.array(z.string()).optional(),
  cap_add: z.array(z.string()).optional(),
  privileged: z.boolean().optional(),
  security_opt: z.array(z.string()).optional(),
  pids_limit: z.number().optional(),
  tmpfs: z.array(z.string()).default([]),
  network_mode: z.string().optional(),
  networks: z
    .union([z.array(z.string()), z.record(z.string(), z.unknown()).transform(Object.keys)])
    .default([]),
  ports: z.array(z.string()).default([]),
  profiles: z.array(z.string()).optional(),
  environment: z.record(z.string(), Text).default({}),
  volumes: z.array(z.string()).default([]),
  deploy: z.object({ resources: z.object({ limits: z.object({ cpus: Text, memory: z.string() }) }) }),
  logging: z.object({ options: z.record(z.string(), z.string()) }),
});
const Compose = z.object({
  services: z.record(z.string(), Container),
  networks: z.record(
    z.string(),
    z
      .object({ internal: z.boolean().optional(), driver_opts: z.record(z.string(), z.string()).optional() })
      .nullable(),
  ),
});

const compose = Compose.parse(parse(read('docker-compose.yml'), { merge: true }));
const containers = Object.entries(compose.services);
const on = (network: string): string[] =>
  containers.filter(([, { networks }]) => networks.includes(network)).map(([name]) => name);

describe('docker-compose.yml', () => {
  test.each(containers)('confines %s', (_, container) => {
    expect(container).toMatchObject({
      read_only: true,
      cap_drop: ['ALL'],
      security_opt: ['no-new-privileges:true'],
      pids_limit: expect.any(Number),
      logging: { options: { 'max-size': expect.any(String), 'max-file': expect.any(String) } },
    });
    expect(container.cap_add).toBeUndefined();
    expect(container.privileged).toBeUndefined();
    for (const place of container.tmpfs) expect(place).toMatch(/^\/[\w/]+:.*\bsize=\d+m\b/);
    // Ours runs as `node`, which the image says.
    if (container.image !== 'comanda') expect(container.user).toMatch(/^(rabbitmq|redis|postgres|101:101)$/);
  });

  test('names each image, and what ours is built from, by its full version', () => {
    for (const [, { image }] of containers) expect(image).toMatch(/^comanda$|:\d+\.\d+(\.\d+)?(-\w+)?$/);
    for (const [, image] of read('Dockerfile').matchAll(/^FROM (\S+)/gm))
      expect(image).toMatch(/:\d+\.\d+\.\d+-slim$/);
  });

  test('puts each container on the networks that it needs, and no other', () => {
    const handling = SERVICES.filter((service) => 'queues' in service).map(({ name }) => name);
    expect(on('broker').sort()).toEqual([...SERVICES.map(({ name }) => name), 'rabbitmq'].sort());
    expect(on('cache').sort()).toEqual([...handling, 'api-gateway', 'redis'].sort());
    expect(on('databases').sort()).toEqual([...handling, 'auditor', 'postgres'].sort());
    expect(on('metrics').sort()).toEqual(SERVICES.map(({ name }) => name).sort());
    expect(on('front').sort()).toEqual(['api-gateway', 'proxy']);
    expect(on('internet').sort()).toEqual(['payments-service', 'webhook-publisher']);
    const internal = Object.entries(compose.networks).filter(([, network]) => network?.internal === true);
    expect(internal.map(([name]) => name).sort()).toEqual(['broker', 'cache', 'databases', 'metrics']);
    expect(compose.networks.front?.driver_opts).toEqual({
      'com.docker.network.bridge.enable_ip_masquerade': 'false',
    });
    for (const [name, { networks, network_mode }] of containers)
      expect([name, networks.length > 0 || network_mode === 'none']).toEqual([name, true]);
  });

  test('publishes the proxy, and on this machine the gateway; metrics are not published', () => {
    expect(containers.filter(([, { ports }]) => ports.length > 0).map(([name]) => name)).toEqual([
      'api-gateway',
      'proxy',
    ]);
    expect(compose.services['api-gateway']?.ports).toEqual([
      // biome-ignore lint/suspicious/noTemplateCurlyInString: Compose fills it in
      '${GATEWAY_ADDRESS:-127.0.0.1}:${GATEWAY_PORT:-3000}:3000',
    ]);
    expect(compose.services.proxy?.profiles).toEqual(['tls']);
  });

  test("gives each service its own user on the broker, and no service another one's password", () => {
    const all = containers
      .filter(([, { image }]) => image === 'comanda')
      .map(([name, { environment }]) => ({
        name,
        passwords: new Set(
          [
            ...Object.values(environment)
              .join(' ')
              .matchAll(/\$\{(\w+_RABBITMQ_PASSWORD)\b/g),
          ].map(([, found]) => found),
        ),
      }));
    for (const { name, alias } of SERVICES) {
      expect(compose.services[name]?.environment.RABBITMQ_URL).toContain(`_RABBITMQ_USER:-${name}}:`);
      expect(all.find((one) => one.name === name)?.passwords).toEqual(
        new Set([`${alias.toUpperCase()}_RABBITMQ_PASSWORD`]),
      );
    }
    expect(compose.services['broker-definitions']).toMatchObject({ network_mode: 'none' });
    expect(compose.services['api-gateway']?.environment.TRUSTED_PROXIES).toBe(
      // biome-ignore lint/suspicious/noTemplateCurlyInString: Compose fills it in
      '${TRUSTED_PROXIES:-172.30.83.10}',
    );
    // The auditor's URLs are its own.
    const { environment = {} } = compose.services.auditor ?? {};
    for (const [name, value] of Object.entries(environment).filter(([name]) =>
      name.endsWith('_DATABASE_URL'),
    ))
      expect(value).toMatch(new RegExp(`^\\$\\{AUDITOR_${name}:-sqlite:`));
    expect(environment.REDIS_URL).toBeUndefined();
  });

  test('mounts files that are there', () => {
    for (const [, { volumes }] of containers)
      for (const [file = ''] of volumes.filter((one) => one.startsWith('./')).map((one) => one.split(':')))
        expect(statSync(join(ROOT, file)).isFile()).toBe(true);
  });
});

test('the proxy tells the gateway the address of its client, and nothing that the client claims about it', () => {
  const configuration = read('deploy/edge/nginx.conf');
  expect(configuration).toContain('proxy_set_header X-Forwarded-For $remote_addr;');
  expect(configuration).not.toContain('$proxy_add_x_forwarded_for');
  expect(configuration).toContain('ssl_protocols TLSv1.2 TLSv1.3;');
});

test('make-secrets fills in what is missing, keeps what is there, and leaves to people what they must choose', () => {
  const folder = mkdtempSync(join(tmpdir(), 'comanda-secrets-'));
  try {
    const run = (...args: string[]) =>
      spawnSync(process.execPath, [join(ROOT, 'deploy/make-secrets.mjs'), ...args], {
        cwd: folder,
        encoding: 'utf8',
      }).stderr;
    const settings = () => parseEnv(readFileSync(join(folder, '.env'), 'utf8'));
    expect(run()).toContain('To be chosen by you: PAYMENT_PROVIDER');
    const first = settings();
    const required = [...read('docker-compose.yml').matchAll(/\$\{(\w+):\?/g)].map(([, name = '']) => name);
    for (const name of new Set(required))
      if (name !== 'PAYMENT_PROVIDER') expect(first[name]).toMatch(/^[\w:-]{32,}$/);
    expect(new Set(Object.values(first).filter((value) => value !== '')).size).toBe(
      Object.values(first).filter((value) => value !== '').length,
    );
    expect(statSync(join(folder, '.env')).mode & 0o077).toBe(0);
    run('--postgres');
    const second = settings();
    expect(second).toMatchObject(first);
    const { ORDERS_POSTGRES_PASSWORD, AUDITOR_POSTGRES_PASSWORD } = second;
    expect(second.ORDERS_DATABASE_URL).toBe(
      `postgres://orders:${ORDERS_POSTGRES_PASSWORD}@postgres/comanda?schema=orders`,
    );
    expect(second.AUDITOR_ORDERS_DATABASE_URL).toBe(
      `postgres://auditor:${AUDITOR_POSTGRES_PASSWORD}@postgres/comanda?schema=orders`,
    );
    expect(second.GATEWAY_DATABASE_URL).toBeUndefined();
    expect(run('--postgres')).toContain('.env has all secrets already');
  } finally {
    rmSync(folder, { recursive: true });
  }
});
