import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type CommandType,
  type DataOf,
  type Envelope,
  EVENTS,
  newId,
  type Reply,
  type ServiceName,
} from '@comanda/contracts';
import {
  type Decision,
  type Handler,
  incoming,
  NotYet,
  runJob,
  taskOf,
  UnitOfWork,
  type WorkKind,
} from '@comanda/messaging';
import { orderHandlers, orderMigrations } from '@comanda/orders-service';
import {
  ask,
  charge,
  findByReference,
  paymentHandlers,
  paymentMigrations,
  reconcile,
  refund,
  StripeProvider,
} from '@comanda/payments-service';
import { expireReservation, productHandlers, productMigrations } from '@comanda/products-service';
import { StripeStub } from '@comanda/stand-ins';
import {
  type Database,
  EVERY_TENANT,
  openDatabase,
  type Parameter,
  type RawRow,
  statement,
} from '@comanda/storage';
import { strictLogger, testDatabaseUrl } from '@comanda/test-kit';

type Name = 'orders-service' | 'products-service' | 'payments-service';
const NAMES: readonly Name[] = ['orders-service', 'products-service', 'payments-service'];
const isName = (name: ServiceName): name is Name => NAMES.some((one) => one === name);

interface Service {
  readonly database: Database;
  readonly unit: UnitOfWork;
  readonly handlers: ReadonlyMap<string, Handler>;
  readonly kinds: readonly WorkKind[];
}

/** A message on its way to one service. */
export interface PostedMessage {
  readonly to: Name;
  readonly envelope: Envelope;
}

const START = '2026-01-01T12:00:00.000Z';
const PATIENCE_MS = 20_000;
/** More than any story here needs. */
const MAX_ROUNDS = 200;

/**
 * Orders, products and payments with their real handlers, databases and Stripe adapter, and nobody who carries their
 * messages but the test: so it says which one comes first.
 */
export class ByHand {
  /** Every event that was committed, in that order. */
  readonly published: Envelope[] = [];
  /** What was published and is not delivered yet, oldest first. */
  readonly post: PostedMessage[] = [];
  #now = Date.parse(START);
  readonly #services = new Map<Name, Service>();

  private constructor(
    private readonly directory: string,
    readonly stripe: StripeStub,
  ) {}

  static async open(options: { readonly ttlSeconds: number } = { ttlSeconds: 900 }): Promise<ByHand> {
    const hand = new ByHand(mkdtempSync(join(tmpdir(), 'comanda-by-hand-')), await StripeStub.start());
    await hand.#open(options.ttlSeconds);
    return hand;
  }

  async close(): Promise<void> {
    for (const { database } of this.#services.values()) await database.close();
    await this.stripe.stop();
    rmSync(this.directory, { recursive: true });
  }

  /** Time goes by; nothing happens because of it until a service works. */
  pass(seconds: number): void {
    this.#now += seconds * 1_000;
  }

  /** A command reaches its service; what it answers, or that it can't decide yet. */
  async send<C extends CommandType>(
    command: C,
    subject: string,
    data: DataOf<C>,
    { tenantid = 'default', ...more }: Partial<Pick<Envelope, 'tenantid' | 'expirytime'>> = {},
  ): Promise<Reply | 'not-yet' | undefined> {
    const id = newId();
    const envelope: Envelope = {
      specversion: '1.0',
      id,
      type: command.type,
      source: 'api-gateway',
      time: this.#clock().toISOString(),
      subject,
      datacontenttype: 'application/json',
      dataschema: command.dataschema,
      tenantid,
      correlationid: id,
      data,
      ...more,
    };
    if (!isName(command.to)) throw new Error(`${command.to} is not here`);
    const decision = await this.#handle({ to: command.to, envelope });
    return decision === 'not-yet' ? decision : decision.reply;
  }

  /**
   * Delivers the oldest message of this type to this reader. Throws when there is none, or when it can't be handled.
   */
  async deliver(type: string, to: Name): Promise<'done' | 'not-yet'> {
    const at = this.post.findIndex((deadLetter) => deadLetter.envelope.type === type && deadLetter.to === to);
    const [deadLetter] = at < 0 ? [] : this.post.splice(at, 1);
    if (!deadLetter) throw new Error(`there is no ${type} for ${to}`);
    const decision = await this.#handle(deadLetter);
    if (decision !== 'not-yet') return 'done';
    this.post.push(deadLetter);
    return decision;
  }

  /** The same event once more, as a broker may deliver it. */
  repeat(type: string): void {
    const envelope = this.published.findLast((one) => one.type === type);
    if (!envelope) throw new Error(`no ${type} was published`);
    this.#send(envelope);
  }

  /** Does the due work of this kind, and says how much there was. */
  async work(kind: string): Promise<number> {
    const [service] = [...this.#services.values()].filter(({ kinds }) =>
      kinds.some((one) => one.kind === kind),
    );
    const found = service?.kinds.find((one) => one.kind === kind);
    if (!service || !found) throw new Error(`nobody does work of the kind ${kind}`);
    const now = this.#clock().toISOString();
    const until = new Date(this.#now + found.leaseSeconds * 1_000).toISOString();
    const rows = await service.database.transaction(
      (transaction) =>
        transaction.claimWork({ kind, key: '', now, until, limit: 100, fence: this.#now * 1_000 }),
      EVERY_TENANT,
    );
    for (const row of rows) await this.#commit(service, await runJob(found, row));
    return rows.length;
  }

  /**
   * Delivers all messages and does all due work, but for the types and kinds that are held back, until nothing moves.
   */
  async settle(...held: readonly string[]): Promise<void> {
    for (let round = 0; round < MAX_ROUNDS; round++) {
      let moved = 0;
      for (const deadLetter of [...this.post].filter(({ envelope }) => !held.includes(envelope.type)))
        if ((await this.deliver(deadLetter.envelope.type, deadLetter.to)) === 'done') moved++;
      for (const { kinds } of this.#services.values())
        for (const { kind } of kinds) if (!held.includes(kind)) moved += await this.work(kind);
      if (moved === 0) return;
    }
    throw new Error(`still moving after ${MAX_ROUNDS} rounds: ${this.post.map(({ envelope: e }) => e.type)}`);
  }

  rows(name: Name, text: string, ...parameters: readonly Parameter[]): Promise<RawRow[]> {
    return this.#service(name).database.acrossTenants.read(statement(text), ...parameters);
  }

  async #open(ttlSeconds: number): Promise<void> {
    const { apiKey, url: apiBase } = this.stripe;
    const provider = new StripeProvider({
      apiKey,
      apiBase,
      timeoutMs: PATIENCE_MS,
      logger: strictLogger,
    });
    const open = (name: string, migrations: Parameters<typeof openDatabase>[1]) =>
      openDatabase(testDatabaseUrl(join(this.directory, `${name}.db`)), migrations);
    const orders = await open('orders', orderMigrations);
    const products = await open('products', productMigrations);
    const payments = await open('payments', paymentMigrations);
    this.#add('orders-service', orders, orderHandlers, []);
    this.#add('products-service', products, productHandlers({ reservationTtlSeconds: ttlSeconds }), [
      expireReservation,
    ]);
    this.#add('payments-service', payments, paymentHandlers({ provider: provider.name }), [
      charge(provider, payments, () => this.#clock()),
      ask(provider, payments),
      refund(provider, payments),
      reconcile(provider, findByReference(payments)),
    ]);
  }

  #add(name: Name, database: Database, handlers: readonly Handler[], kinds: readonly WorkKind[]): void {
    const unit = new UnitOfWork({
      service: name,
      store: database,
      timers: { now: () => this.#clock() },
      // Nothing is started by the way: the test says when.
      leaseSeconds: () => undefined,
    });
    const byType = new Map(handlers.map((handler) => [handler.on.type, handler]));
    this.#services.set(name, { database, unit, handlers: byType, kinds });
  }

  async #handle({ to, envelope }: PostedMessage): Promise<Extract<Decision, { kind: 'done' }> | 'not-yet'> {
    const service = this.#service(to);
    const handler = service.handlers.get(envelope.type);
    if (!handler) throw new Error(`${to} has no handler for ${envelope.type}`);
    const decision = await this.#commit(service, taskOf(handler, envelope));
    if (decision?.kind === 'done') return decision;
    if (decision?.kind === 'failed' && decision.error instanceof NotYet) return 'not-yet';
    if (decision?.kind === 'failed') throw decision.error;
    return { kind: 'done' }; // in the inbox: it was handled before; or nobody wants it
  }

  async #commit({ unit }: Service, task: Parameters<UnitOfWork['run']>[0][number]) {
    const { decisions, outbox } = await unit.run([task], []);
    for (const { body } of outbox) {
      const envelope = incoming(Buffer.from(body));
      this.published.push(envelope);
      this.#send(envelope);
    }
    return decisions[0];
  }

  #send(envelope: Envelope): void {
    const to = EVENTS.find(({ type }) => type === envelope.type)?.consumers ?? [];
    for (const name of to) if (isName(name)) this.post.push({ to: name, envelope });
  }

  #service(name: Name): Service {
    const service = this.#services.get(name);
    if (!service) throw new Error(`${name} is not open`);
    return service;
  }

  #clock(): Date {
    return new Date(this.#now);
  }
}
