import type { Pid } from "../../kernel/ids.js";
import type { ExitReason } from "../../kernel/reasons.js";
import type { AnySelf } from "../../kernel/self.js";
import type { Deferred } from "./deferred.js";
import type { GenServer } from "./gen-server.js";
import type { Reserved } from "./methods.js";

/** A class of servers: it has no arguments of its own, `init` has them. */
export type ServerClass<S extends GenServer> = (new () => S) & { readonly name: string };

/** The arguments that a server is started with: those of its `init`. */
export type InitArgs<S> = S extends { init(...args: infer A): unknown } ? A : [];

/** The names of a server's public methods. Not chosen by their types: those may depend on what is called in them. */
type Protocol<S> = Exclude<keyof S, Reserved | symbol | number>;

/** What comes of a deferred reply is what it was given. */
type Answer<R> = R extends Deferred<infer T> ? T : R;

/** A method as others call it: it answers later. */
type CallOf<F> = F extends (...args: infer A) => infer R ? (...args: A) => Promise<Answer<Awaited<R>>> : never;
type CastOf<F> = F extends (...args: infer A) => unknown ? (...args: A) => void : never;

/** The public methods of a server, to be called: each answers what the method returns, later. */
export type Calls<S> = { readonly [K in Protocol<S>]: CallOf<S[K]> };

/** The public methods of a server, to be cast: nobody waits for an answer. */
export type Casts<S> = { readonly [K in Protocol<S>]: CastOf<S[K]> };

/** How long to wait for the answer to a call. */
export interface CallOptions {
  /** Milliseconds, or Infinity. Default 5000. */
  readonly timeout?: number;
}

/** `server.call.method(...)`, or `server.call({ timeout: 100 }).method(...)`. */
export type CallFace<S> = Calls<S> & ((options: CallOptions) => Calls<S>);

/** A server as others have it: by its address, which a name may stand for. */
export interface NamedServer<S> {
  /** Where it is; undefined while nobody of this node has the name. */
  readonly pid: Pid | undefined;
  /**
   * Calls a method and waits for what it returns: `server.call.total()`; for another time than 5 seconds, `server.call({ timeout: 100 }).total()`.
   * @throws CallFailed, CallTimeout; Exited when the process that called has ended (G2)
   */
  readonly call: CallFace<S>;
  /** Has a method called, and does not wait: `server.cast.add(1)`. When there is no server, it comes nowhere. @throws NotCloneable */
  readonly cast: Casts<S>;
  /** The same server, as this process calls it: it is on record as the caller, and its calls end when it does. */
  from(self: AnySelf): this;
  /**
   * Has the server end when it has done what it was asked before: `terminate` is called, and this resolves when it is gone, or was already.
   * @param reason its exit reason. Default `"normal"`
   * @param timeout milliseconds to wait, or Infinity, which is the default
   * @throws CallTimeout when it has not ended by then, CallFailed when it came to another end
   */
  stop(reason?: ExitReason, timeout?: number): Promise<void>;
}

/** A running server, as whoever started it has it. `await using` stops it. */
export interface Server<S> extends NamedServer<S> {
  readonly pid: Pid;
  /** Stops it; what has not ended within 5 seconds is killed. */
  [Symbol.asyncDispose](): Promise<void>;
}
