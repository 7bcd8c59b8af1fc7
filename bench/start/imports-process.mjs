// The reference of a start: one bare process that loads the frameworks that a service of ours stands on, and ends.
await import('reflect-metadata');
await Promise.all([
  import('@nestjs/core'),
  import('@nestjs/common'),
  import('@nestjs/microservices'),
  import('@nestjs/platform-express'),
  import('typeorm'),
]);
const { user, system } = process.cpuUsage();
process.stdout.write(String((user + system) / 1_000));
