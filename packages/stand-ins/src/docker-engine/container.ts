import { z } from 'zod';

/** The body of `POST /containers/create`, as far as it is used here. */
export const ContainerSpec = z.object({
  Image: z.string(),
  Hostname: z.string().default(''),
  Cmd: z.array(z.string()).default([]),
  Env: z.array(z.string()).default([]),
  Labels: z.record(z.string(), z.string()).default({}),
  HostConfig: z.object({
    Binds: z.array(z.string()).default([]),
    PortBindings: z.record(
      z.string(),
      z.array(z.object({ HostIp: z.string().default(''), HostPort: z.string() })),
    ),
  }),
});
export type ContainerSpec = z.output<typeof ContainerSpec>;

/** The body of `POST /containers/ID/exec`. */
export const ExecSpec = z.object({ Cmd: z.array(z.string()) });

/** What an image does when it runs. The stand-in has no images: the test that starts it brings the programs. */
export interface ContainerProgram {
  /** Whether it still runs a moment later: the engine answers the same when it does not. */
  start(): Promise<'runs' | 'ended'>;
  stop(): Promise<void>;
  kill(): Promise<void>;
  pause(): Promise<void>;
  resume(): Promise<void>;
  exec(command: readonly string[]): Promise<{ exitCode: number; stdout: string; stderr: string }>;
  /** All that it has written so far. */
  readonly log: string;
}

export interface Container {
  readonly id: string;
  readonly name: string;
  readonly spec: ContainerSpec;
  readonly program: ContainerProgram;
  state: 'created' | 'running' | 'paused' | 'exited';
  startedAt: string;
}

/** The answer to `GET /containers/ID/json`. */
export function inspected({ id, name, spec, state, startedAt }: Container): object {
  const running = state === 'running' || state === 'paused';
  const bound = Object.entries(spec.HostConfig.PortBindings).map(([port, [binding]]) => [
    port,
    [{ HostIp: binding?.HostIp || '0.0.0.0', HostPort: binding?.HostPort }],
  ]);
  return {
    Id: id,
    Name: `/${name}`,
    Config: { Hostname: spec.Hostname, Labels: spec.Labels },
    HostConfig: { PortBindings: spec.HostConfig.PortBindings },
    State: {
      Status: state,
      Running: running,
      ExitCode: running ? 0 : 137,
      StartedAt: startedAt,
      FinishedAt: '0001-01-01T00:00:00Z',
    },
    NetworkSettings: { Ports: Object.fromEntries(bound), Networks: {} },
  };
}
