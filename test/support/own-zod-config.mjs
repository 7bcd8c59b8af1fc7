// zod keeps its configuration on globalThis, which Jest hands from its own process to every test file: what one file
// configures (the contracts' own words) would hold in all files after it.
globalThis.__zod_globalConfig = {};
