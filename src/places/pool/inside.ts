import { StringDecoder } from "node:string_decoder";
import { type Connection, connect } from "../../kernel/connection.js";
import { setDefaultNode } from "../../kernel/default-node.js";
import { LoadFailed, describeReason } from "../../kernel/errors.js";
import { type Ledger, LocalHost } from "../../kernel/local-host.js";
import { Node } from "../../kernel/node.js";
import type { Self } from "../../kernel/self.js";
import type { SpawnId } from "../../kernel/wire.js";
import type { Resolver } from "../../kernel/work.js";
import { moduleResolver } from "../../tasks/module-reference.js";
import { setStartData } from "../../tasks/start-data.js";
import { importModule } from "../import-module.js";
import type { Beginning, Identity, OutputModes, Printed, Stream } from "./beginning.js";
import type { CarrierWire } from "./carrier-wire.js";

interface InsideLedger extends Ledger {
  up(): void;
  deaf(): void;
  clear(): void;
}

export interface InsideOptions extends Identity, OutputModes {
  readonly concurrency: number;
}

/**
 * The node's side of what a pool does for its nodes, whatever carries them: the node itself and its connection with the pool's, start data, the
 * set-up before the first task, what is printed.
 */
export class Inside {
  readonly connection: Connection;
  readonly #node: Node;
  readonly #up: () => void;
  readonly #print: (printed: Printed) => void;
  readonly #find = moduleResolver(importModule);
  #ready: Promise<void> | undefined = undefined;
  /** One task runs at a time. */
  readonly #alone: boolean;
  #current: SpawnId | undefined = undefined;

  constructor({ name, parent, supervisor, concurrency, stdout, stderr }: InsideOptions, wire: CarrierWire<never, Printed>, ledger: InsideLedger) {
    this.#node = new Node({ name });
    setDefaultNode(this.#node);
    this.#up = () => {
      ledger.up();
    };
    this.#print = (printed) => {
      wire.say(printed);
    };
    this.#alone = concurrency === 1;
    if (stdout !== undefined) this.#catch("stdout", stdout);
    if (stderr !== undefined) this.#catch("stderr", stderr);
    wire.posted = () => {
      ledger.clear();
    };
    wire.unreadable = (error) => {
      ledger.deaf();
      throw error;
    };
    const told = stdout === "lines" || stderr === "lines" ? this.#watched(ledger) : ledger;
    const host = new LocalHost(this.#node, this.#resolve, { concurrency, ledger: told, parent: supervisor });
    this.connection = connect(this.#node, parent, wire, host);
    // A task that calls process.exit takes along what others have returned, unless it is sent now.
    process.on("exit", () => {
      this.connection.flush();
    });
  }

  /** Finds the function of a task: when the node is set up. */
  readonly #resolve: Resolver = (ref) => (this.#ready === undefined ? this.#find(ref) : this.#ready.then(() => this.#find(ref)));

  /** From now on tasks can start. */
  begin({ data, setup }: Beginning): void {
    if (data !== undefined) setStartData(data);
    if (setup === undefined) this.#up();
    else this.#setUp(setup);
  }

  /** When it fails, so do the tasks that wait for it, and then the node: a new one may have better luck with the next tasks. */
  #setUp({ module, name, args }: NonNullable<Beginning["setup"]>): void {
    const run = async (): Promise<void> => {
      const { fn, takesSelf } = await this.#find({ module, name });
      await this.#node.run((self: Self) => fn(...((takesSelf ? [self, ...args] : args) as never[])), { label: "setup" });
    };
    this.#ready = run().then(
      () => {
        this.#ready = undefined;
        this.#up();
      },
      (cause: unknown) => {
        const error = new LoadFailed(`the setup ${name} of ${module} failed: ${describeReason(cause)}`, { cause });
        setImmediate(() => {
          throw error;
        });
        throw error;
      },
    );
    this.#ready.catch(() => undefined); // told to each task, and by the end of the node
  }

  /** Has what is printed go to the pool, in order with everything else that this node says. */
  #catch(stream: Stream, how: "lines" | "ignore"): void {
    const decoder = new StringDecoder();
    const take = (chunk: string | Uint8Array, encoding?: BufferEncoding): void => {
      if (how === "ignore") return;
      const plain = typeof chunk === "string" && (encoding === undefined || /^utf-?8$/i.test(encoding));
      const text = plain ? chunk : decoder.write(typeof chunk === "string" ? Buffer.from(chunk, encoding) : Buffer.from(chunk));
      if (text !== "") this.#print({ stream, text, id: this.#alone ? this.#current : undefined });
    };
    const write = (chunk: string | Uint8Array, encoding?: BufferEncoding | ((error?: Error) => void), done?: (error?: Error) => void): boolean => {
      take(chunk, typeof encoding === "string" ? encoding : undefined);
      const told = typeof encoding === "function" ? encoding : done;
      if (told !== undefined) process.nextTick(told);
      return true;
    };
    process[stream].write = write as typeof process.stdout.write;
  }

  /** The ledger that also tells which task runs. */
  #watched(ledger: Ledger): Ledger {
    return {
      claim: (id, now) => {
        const claimed = ledger.claim(id, now);
        if (claimed) this.#current = id;
        return claimed;
      },
      record: (id, value) => ledger.record(id, value),
      known: (id, process) => {
        ledger.known(id, process);
      },
    };
  }
}
