import { testStore } from '@comanda/storage/store-conformance';
import { Store } from './store.js';

testStore(async () => ({ store: new Store(), close: async () => {} }), { twoWriters: false });
