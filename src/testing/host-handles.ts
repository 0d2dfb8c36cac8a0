import { attempt } from "../kernel/attempt.js";
import { systemClock } from "../kernel/clock.js";
import { nextTurn } from "../kernel/scheduler.js";
import { type Origin, originHere, placeOf } from "./origin.js";

/** What of the host's `node:async_hooks` is wanted: whose a handle is, for the runner has some of its own. */
interface AsyncHooks {
  readonly AsyncLocalStorage: new () => { getStore(): unknown; run<R>(store: unknown, fn: () => R): R; enterWith(store: unknown): void };
  createHook(callbacks: { init(id: number, type: string, trigger: number, resource: object): void }): { enable(): void; disable(): void };
}

interface Host {
  readonly process?: { readonly getBuiltinModule?: (name: string) => unknown };
}

/** Something that may hold the event loop. */
interface Handle {
  readonly kind: string;
  readonly resource: { hasRef(): unknown; readonly _destroyed?: boolean };
  readonly origin: Origin;
}

/** How long what was closed has, in milliseconds of real time, to be gone. */
const patience = 500;
/** So many are kept before those are dropped that have gone. */
const many = 1_024;

const hooks = (globalThis as Host).process?.getBuiltinModule?.("node:async_hooks") as AsyncHooks | undefined;
/** Which test the code that runs belongs to. */
const owner = hooks === undefined ? undefined : new hooks.AsyncLocalStorage();

/** Node 20 does not tell by `hasRef` of a timer that has fired or was cleared. */
const holds = ({ resource }: Handle): boolean => attempt(() => resource.hasRef() === true && resource._destroyed !== true) === true;

/** Notes the handles that one test's code opens: timers of the host, sockets, servers, ports, child processes. Where the host does not tell, none. */
export class HostHandles {
  #handles: Handle[] = [];
  readonly #hook = hooks?.createHook({
    init: (_id, kind, _trigger, resource) => {
      // An immediate is over in a turn.
      if (
        kind === "PROMISE" ||
        kind === "Immediate" ||
        owner?.getStore() !== this ||
        typeof (resource as Partial<Handle["resource"]>).hasRef !== "function"
      )
        return;
      if (this.#handles.length >= many) this.#handles = this.#handles.filter(holds);
      this.#handles.push({ kind, resource: resource as Handle["resource"], origin: originHere() });
    },
  });

  constructor() {
    this.#hook?.enable();
  }

  /** Runs code of the test. */
  around<R>(fn: () => R): R {
    return owner === undefined ? fn() : owner.run(this, fn);
  }

  /** What the caller does from now on is the test's. */
  enter(): void {
    owner?.enterWith(this);
  }

  /** What still holds the event loop, and where it was opened. */
  async left(): Promise<string[]> {
    this.stop();
    const deadline = systemClock.now() + patience;
    for (;;) {
      this.#handles = this.#handles.filter(holds);
      if (this.#handles.length === 0 || systemClock.now() > deadline) break;
      await new Promise<void>(nextTurn);
    }
    return this.#handles.map(({ kind, origin }) => {
      const place = placeOf(origin);
      return `${kind}${place === undefined ? "" : `, opened at ${place},`} holds the event loop`;
    });
  }

  stop(): void {
    this.#hook?.disable();
    if (owner?.getStore() === this) owner.enterWith(undefined);
  }
}
