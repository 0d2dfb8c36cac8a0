import { TaskwardError } from "../../kernel/errors.js";
import { defaultNode } from "../../kernel/default-node.js";
import type { Destination, Pid } from "../../kernel/ids.js";
import type { Node } from "../../kernel/node.js";
import { checkMilliseconds, checkNode, checkOptions } from "../../kernel/options.js";
import { type Process, checkSelf } from "../../kernel/process.js";
import type { ExitReason } from "../../kernel/reasons.js";
import type { AnySelf, Self } from "../../kernel/self.js";
import { wantsSelf } from "../../kernel/work.js";
import type { ChildSpec, StartChild } from "../child-spec.js";
import { type Control, constructing } from "./control.js";
import { Deferred } from "./deferred.js";
import { checkClass, nameOf } from "./life.js";
import { methodsOf, root } from "./methods.js";
import type { StopMessage } from "./protocol.js";
import { ServerHandle } from "./server.js";
import { type EnterOptions, type ServerOptions, type StartServerOptions, checkArgs, checkLinkedOptions, enterServer, startServer } from "./start.js";
import type { Casts, InitArgs, NamedServer, Server, ServerClass } from "./types.js";

/** The arguments of `init`, which may be left out when there are none, and options. */
type Given<S, O> = [] extends InitArgs<S> ? [args?: InitArgs<S>, options?: O] : [args: InitArgs<S>, options?: O];

/** Whose server it is that is addressed: the caller, or the node. */
export interface AtOptions {
  /** The process that calls: it is on record as the caller, and its calls end when it does. */
  readonly self?: AnySelf;
  /** Where names are looked up and calls are sent from. Default: the caller's, or that of this event loop. */
  readonly node?: Node;
}

const atChecks = { self: checkSelf, node: checkNode };

/**
 * A process that keeps state and serves it, one message at a time (G1). Write a class: its public methods are its protocol, fully typed, and its fields are
 * its state. A method may be async: the next message waits for it. What it returns is the answer to a call.
 *
 * A method that throws ends the server, and its callers are told (G2): what is to be an answer, return.
 *
 * @example
 * class Counter extends GenServer {
 *   #count = 0;
 *   override init(from: number) {
 *     this.#count = from;
 *   }
 *   add(n: number) {
 *     return (this.#count += n);
 *   }
 * }
 * await using counter = await GenServer.start(Counter, [40]);
 * counter.cast.add(1);
 * await counter.call.add(1); // 42
 */
export abstract class GenServer {
  readonly #control: Control | undefined;
  #cast: Casts<this> | undefined;

  constructor() {
    this.#control = constructing.now;
    constructing.now = undefined;
  }

  get #owned(): Control {
    if (this.#control === undefined)
      throw new TaskwardError("noproc", `${nameOf(this.constructor)} was made with new and has no process: start it with GenServer.start`);
    return this.#control;
  }

  // ——— Callbacks ———

  /**
   * Is called first, with the arguments that the server is started with; whoever starts it waits for it. It refuses by throwing, by `this.stop(reason)`, or
   * by `this.ignore()` (G3).
   */
  init?(...args: never[]): unknown;

  /**
   * Is called with every message that is no call or cast of a method that there is: what others send to its pid, `Down`, `Exit`, what a `TaskRunner` owns, `"timeout"`.
   * Without it, such a message is dropped.
   */
  handleInfo?(message: unknown): unknown;

  /** Is called with what was given to `this.continueWith`, before the next message is looked at. */
  handleContinue?(value: never): unknown;

  /**
   * Is called before the server ends because it was stopped, because a handler threw, or, if it traps exits, because its parent ended; not when it is killed,
   * and not by an exit signal that it does not trap.
   */
  terminate?(reason: ExitReason): unknown;

  // ——— What handlers can ask for ———

  /** Its process: to send, link, monitor, own tasks and runs. It is there before `init` and in field initialisers. */
  protected get self(): Self {
    return this.#owned.self;
  }

  /** Its own methods, to be called after what is in its mailbox already: `this.cast.refresh()`. */
  protected get cast(): Casts<this> {
    const { self, name } = this.#owned;
    return (this.#cast ??= new ServerHandle<this>(self.node, self.pid, undefined, { name, methods: methodsOf(this.constructor as never) }).cast);
  }

  /** The process whose call is handled now; undefined when plain code called, and in all that is no call. */
  protected get caller(): Pid | undefined {
    return this.#owned.caller;
  }

  /** Ends the server when the present handler is done, after its answer has been sent; from elsewhere, when what is in the mailbox has been done. In `init`: refuses to start. */
  protected stop(reason: ExitReason = "normal"): void {
    const control = this.#owned;
    if (control.doing === undefined) control.self.send(control.self.pid, { $stop: { is: reason } } satisfies StopMessage);
    else control.stop(reason);
  }

  /** In `init`: does not start, which is no failure. `start` rejects with `StartFailed`, whose reason is `"ignore"` (G3). */
  protected ignore(): void {
    this.#busy("ignore()").ignored = true;
  }

  /** Has `handleContinue` called with this value as soon as the present handler is done, before any other message. */
  protected continueWith(value: unknown): void {
    const control = this.#busy("continueWith(value)");
    control.next = { value };
    control.asked = true;
  }

  /** Has `handleInfo` called with `"timeout"` when no message comes within so many milliseconds after the present handler. It counts once. */
  protected timeoutAfter(ms: number): void {
    checkMilliseconds("timeoutAfter(ms): ms", ms);
    const control = this.#busy("timeoutAfter(ms)");
    control.idle = ms;
    control.asked = true;
  }

  /** An answer to the present call that is given later: return it, and keep it for that (G1). */
  protected defer<T = void>(): Deferred<T> {
    const { self, doing } = this.#owned;
    return new Deferred<T>(self.node, doing ?? "(no method)");
  }

  #busy(what: string): Control {
    const control = this.#owned;
    if (control.doing === undefined)
      throw new TaskwardError(
        "invalid_option",
        `${what} was called while ${control.name} handles nothing: cast a method of its own, and call it there`,
      );
    return control;
  }

  // ——— Starting ———

  /**
   * Starts a server and resolves when its `init` is done.
   *
   * @param Class the class
   * @param args the arguments of its `init`
   * @throws StartFailed when `init` refuses, throws, takes longer than `timeout`, or the name is taken; InvalidOption (G3)
   */
  static start<S extends GenServer>(Class: ServerClass<S>, ...given: Given<S, StartServerOptions>): Promise<Server<S>> {
    const [args = [], options = {}] = given as [(readonly unknown[])?, StartServerOptions?];
    return startServer(Class, args, options);
  }

  /**
   * The same, linked to the process that starts it, on that one's node. When it does not start, whoever starts it is told by the rejection alone.
   *
   * @throws StartFailed, InvalidOption
   * @example
   * const counter = await GenServer.startLink(self, Counter, [40], { name: "counter" });
   * const another = await Counter.startLink(self, 40); // the same, without options
   */
  static startLink<S extends GenServer>(this: ServerClass<S>, self: AnySelf, ...args: InitArgs<S>): Promise<Server<S>>;
  static startLink<S extends GenServer>(self: AnySelf, Class: ServerClass<S>, ...given: Given<S, ServerOptions>): Promise<Server<S>>;
  static startLink(self: AnySelf, ...given: unknown[]): Promise<Server<GenServer>> {
    const parent = checkedSelf("startLink(self): self", self);
    // eslint-disable-next-line @typescript-eslint/no-this-alias -- which class it was called on is what it starts
    const Called: unknown = this;
    if (Called !== GenServer) return startServer(Called as ServerClass<GenServer>, given, {}, parent);
    const [Class, args = [], options = {}] = given as [ServerClass<GenServer>, (readonly unknown[])?, ServerOptions?];
    return startServer(Class, args, options, parent);
  }

  /**
   * What starts a server as a child of a supervisor: `{ id: "counter", start: GenServer.child(Counter, [40], { name: "counter" }) }`.
   * @throws InvalidOption
   */
  static child<S extends GenServer>(Class: ServerClass<S>, ...given: Given<S, ServerOptions>): StartChild {
    checkClass("Class", Class);
    const [args = [], options = {}] = given as [(readonly unknown[])?, ServerOptions?];
    checkArgs(args);
    checkLinkedOptions(options);
    return (self) => startServer(Class, args, options, self as Process);
  }

  /** How a supervisor starts servers of this class: `Counter.childSpec(40)`. */
  static childSpec<S extends GenServer>(this: ServerClass<S>, ...args: InitArgs<S>): ChildSpec {
    checkClass("Class", this);
    return { id: nameOf(this), start: (self) => startServer<S>(this, args, {}, self as Process) };
  }

  /**
   * A server by its address: a pid, a name, `{ name, node }`, `registry.via(key)`. A name is looked up at each call (G4).
   *
   * @example
   * await GenServer.at<Counter>("counter").call.add(1);
   */
  static at<S extends GenServer>(to: Pid<never>, options?: AtOptions): Server<S>;
  static at<S extends GenServer>(to: Destination, options?: AtOptions): NamedServer<S>;
  static at<S extends GenServer>(to: Destination, options: AtOptions = {}): Server<S> {
    checkOptions("at options", options, atChecks);
    const caller = options.self as Process | undefined;
    return new ServerHandle<S>(caller?.node ?? options.node ?? defaultNode(), to, caller);
  }

  /**
   * Turns a running process into a server, until that one ends: `return` what it answers. So a server can run wherever a task can.
   *
   * @example
   * export const counter = task((self, from: number) => GenServer.enter(self, Counter, [from], { name: "counter" }));
   */
  static enter<S extends GenServer>(self: AnySelf, Class: ServerClass<S>, ...given: Given<S, EnterOptions>): Promise<void> {
    const [args = [], options = {}] = given as [(readonly unknown[])?, EnterOptions?];
    return enterServer(checkedSelf("enter(self): self", self), Class, args, options);
  }

  /** @internal A class of servers that a module exports is a task: one that serves. */
  static [wantsSelf](this: ServerClass<GenServer>, self: Self, options: EnterOptions, ...args: readonly unknown[]): Promise<void> {
    return enterServer(self as Process, this, args, options);
  }
}

Object.defineProperty(GenServer.prototype, root, { value: true });

function checkedSelf(option: string, self: AnySelf): Process {
  checkSelf(option, self);
  return self as Process;
}
