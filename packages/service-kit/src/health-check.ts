/** One thing that a service needs, or would like to have. */
export interface HealthCheck {
  readonly name: string;
  /** Whether the service can't do its work without it. */
  readonly needed: boolean;
  /** What is wrong with it, in words for operators, or `undefined`. */
  unhealthyReason(): string | undefined | Promise<string | undefined>;
  /** What an operator should know of it although it works. */
  readonly notice?: string;
}
