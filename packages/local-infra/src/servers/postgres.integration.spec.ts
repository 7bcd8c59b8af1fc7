import { describe, expect, it } from '@jest/globals';
import { postgresAnswers, startPostgres } from './postgres.js';
import { useServer } from './test/use-server.js';

describe.each(['process', 'container'] as const)('a PostgreSQL of our own, as a %s', (runAs) => {
  const server = useServer((directory) =>
    startPostgres({ directory, runAs, fsync: true, settings: { max_connections: '20' } }),
  );

  it('listens on a port of its own, on loopback, durable, and with the settings that were asked for', async () => {
    const [shown] = await server().admin(
      `SELECT current_setting('listen_addresses') AS on, current_setting('fsync') AS fsync,
         current_setting('max_connections') AS connections`,
    );
    expect(server().port).not.toBe(5432);
    expect(shown).toEqual({ on: '127.0.0.1', fsync: 'on', connections: '20' });
  });

  it('lets services in as an ordinary role', async () => {
    expect(
      await server().admin('SELECT rolsuper, rolbypassrls FROM pg_roles WHERE rolname = $1', ['comanda']),
    ).toEqual([{ rolsuper: false, rolbypassrls: false }]);
    expect(await postgresAnswers(server().url.replace('comanda:comanda@', 'comanda:wrong@'))).toBe(false);
  });

  it('is gone after SIGKILL, and comes back with its data on the same port', async () => {
    await server().admin('CREATE TABLE kept (id TEXT)');
    await server().admin(`INSERT INTO kept VALUES ('a')`);
    const { url } = server();

    await server().kill();
    expect(await postgresAnswers(url)).toBe(false);

    await server().start();
    expect(server().url).toBe(url);
    expect(await server().admin('SELECT id FROM kept')).toEqual([{ id: 'a' }]);
  });
});
