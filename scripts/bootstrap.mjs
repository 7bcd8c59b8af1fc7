// Behind `npm start`, `npm test`, `npm run bench` and `npm run chaos`: makes a fresh clone ready, then runs the target
// with Node 24.
// Plain JavaScript and builtins only, because it runs before anything is installed.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`Comanda needs Node 20.19 or newer to set itself up; this is Node ${process.versions.node}.`);
  console.error('Install a newer one from https://nodejs.org, or with your version manager: nvm install 24');
  process.exit(1);
}

// Imported only now: an older Node could not even read these files.
const { main } = await import('./bootstrap/main.mjs');
process.exitCode = await main(process.argv.slice(2));
