import type { RabbitMqCluster } from '@comanda/local-infra';
import type { Installation } from '../support/installation.js';
import type { Random } from './random.js';
import type { Stage } from './stage.js';

/** What there is to be hit: an instance by its name, or one of the things that all of them share. */
export type Target = string;
export const BROKER: Target = 'the broker';
export const REDIS: Target = 'Redis';
export const ENDPOINT: Target = 'the endpoint';
export const MESSAGES: Target = 'messages';
/** At most two nodes of three are in the hands of faults: which ones is up to chance. */
export const A_NODE: Target = 'a node';
export const ANOTHER_NODE: Target = 'another node';
export const EDGE: Target = 'the edge';
export const POSTGRES: Target = 'PostgreSQL';

/** A kind of harm. Each one is a file in faults/ and a line in faults/index.ts. */
export interface Fault {
  /** As it is called on the command line and in the table. */
  readonly name: string;
  /** What it may hit. No target is ever in the hands of two faults at once. */
  targets(instances: readonly string[]): readonly Target[];
  /** How long it lasts at least and at most, in milliseconds. */
  readonly lasts: readonly [least: number, most: number];
  /** Does the harm. */
  inject(stage: Stage, target: Target, random: Random): Promise<Harm>;
}

export interface Harm {
  /** What was chosen, where there was a choice. */
  readonly detail?: string;
  /** Undoes it; called again when it fails. */
  heal(): Promise<void>;
}

/** Of what is over as soon as it is done. */
export const nothingToHeal = async (): Promise<void> => undefined;

/** A fault of one server that all share: it is harmed, and healed. */
export const serverFault = (
  target: Target,
  fault: Pick<Fault, 'name' | 'lasts'> & {
    harm(installation: Installation): Promise<unknown>;
    heal(installation: Installation): Promise<unknown>;
  },
): Fault => ({
  name: fault.name,
  lasts: fault.lasts,
  targets: () => [target],
  async inject({ installation }) {
    await fault.harm(installation);
    return {
      heal: async () => {
        await fault.heal(installation);
      },
    };
  },
});

/** A fault of one node of the broker. */
export const nodeFault = (
  fault: Pick<Fault, 'name' | 'lasts'> & {
    /** Whether it may also strike while another node is in hand: no majority is left then. */
    readonly evenTheSecond?: boolean;
    harm(cluster: RabbitMqCluster, node: number): Promise<unknown>;
    heal(cluster: RabbitMqCluster, node: number): Promise<unknown>;
  },
): Fault => ({
  name: fault.name,
  lasts: fault.lasts,
  targets: () => (fault.evenTheSecond ? [A_NODE, ANOTHER_NODE] : [A_NODE]),
  async inject({ machines }, _, random) {
    const { cluster } = machines;
    const { node, giveBack } = machines.strike(random);
    await fault.harm(cluster, node);
    return {
      detail: `node ${node}`,
      heal: async () => {
        await fault.heal(cluster, node);
        giveBack();
      },
    };
  },
});
