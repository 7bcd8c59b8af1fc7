import { Folder, onPostgres, openTestDatabase } from '@comanda/test-kit';
import { createBooks, testStore } from './testing/store-conformance.js';

testStore(
  async () => {
    const folder = new Folder();
    const open = () => openTestDatabase(folder.file('store.db'), [createBooks]);
    const store = await open();
    const other = await open();
    return {
      store,
      other,
      async close() {
        await other.close();
        await store.close();
        folder.remove();
      },
    };
  },
  // SQLite has one write lock for the whole file: the second process waits for the first one's commit.
  { twoWriters: onPostgres },
);
