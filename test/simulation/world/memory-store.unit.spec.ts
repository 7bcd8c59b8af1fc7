import { testStore } from '@comanda/storage/store-conformance';
import { MemoryStore } from './memory-store.js';

testStore(async () => ({ store: new MemoryStore(), close: async () => {} }), { twoWriters: false });
