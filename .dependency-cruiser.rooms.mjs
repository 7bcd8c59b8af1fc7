// No circle between the rooms (folders) of a package or a service. A check of its own, because the specs and what they
// share must not count here: a test may look into every room.
import layers from './.dependency-cruiser.mjs';

export default {
  forbidden: [
    {
      name: 'no-circle-between-rooms',
      comment: 'Two rooms that need each other are one room, or hide a third one that both should import',
      severity: 'error',
      scope: 'folder',
      from: { path: '/src/' },
      to: { circular: true },
    },
  ],
  options: {
    ...layers.options,
    exclude: { path: '(^|/)(dist|coverage|\\.comanda|testing|test)/|\\.spec\\.ts$' },
  },
};
