import { join } from 'node:path';
import type { Provider, Type } from '@nestjs/common';
import type BetterSqlite3 from 'better-sqlite3';
import { DataSource } from 'typeorm';
import { DATA_DIRECTORY } from './settings.js';

export const REPOSITORY = 'REPOSITORY';

/**
 * A database with one table, and the repository of that table: the custom providers of Nest's recipe for TypeORM.
 * Its one liberty is SQLite's settings, the same as Comanda's: a commit that survives a power cut must cost the same.
 */
export const repositoryOf = (entity: Type): Provider[] => [
  {
    provide: 'DATA_SOURCE',
    useFactory: () =>
      new DataSource({
        type: 'better-sqlite3',
        database: join(DATA_DIRECTORY, `${entity.name.toLowerCase()}s.db`),
        entities: [entity],
        synchronize: true,
        enableWAL: true,
        prepareDatabase: (connection: BetterSqlite3.Database) => {
          connection.pragma('synchronous = FULL');
        },
      }).initialize(),
  },
  {
    provide: REPOSITORY,
    useFactory: (dataSource: DataSource) => dataSource.getRepository(entity),
    inject: ['DATA_SOURCE'],
  },
];
