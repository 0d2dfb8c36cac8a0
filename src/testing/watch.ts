import type { CrashReport } from "../kernel/crash-report.js";
import { formatCrash } from "../kernel/crash-report.js";
import { Process } from "../kernel/process.js";
import { type CrashMatch, type ExpectCrashOptions, ExpectedCrashes } from "./expected-crashes.js";
import { type Finding, NotClean } from "./errors.js";
import { HostHandles } from "./host-handles.js";
import { noteOn, seedNote } from "./note.js";
import { type Origin, placeOf } from "./origin.js";
import { settled } from "./virtual-time.js";
import type { WatchedNode } from "./watched-node.js";

/** Looks, when a test is over, at what is left on its nodes and in the event loop, and clears it away. */
export class Watch {
  readonly #nodes: WatchedNode[];
  readonly #handles: HostHandles | undefined;
  readonly #expected = new ExpectedCrashes();
  readonly #seed: number | undefined;

  constructor(nodes: readonly WatchedNode[], { handles, seed }: { readonly handles: boolean; readonly seed: number | undefined }) {
    this.#nodes = [...nodes];
    this.#handles = handles ? new HostHandles() : undefined;
    this.#seed = seed;
  }

  /** Runs code of the test. */
  around<R>(fn: () => R): R {
    return this.#handles === undefined ? fn() : this.#handles.around(fn);
  }

  /** What the caller does from now on is the test's. */
  enter(): void {
    this.#handles?.enter();
  }

  /** One more node. */
  add(node: WatchedNode): void {
    this.#nodes.push(node);
  }

  get reports(): CrashReport[] {
    return this.#nodes.flatMap(({ reports }) => reports);
  }

  expectCrash(match: CrashMatch, options?: ExpectCrashOptions): void {
    this.#expected.add(match, options);
  }

  /** The test has done what it should. @throws NotClean when something is left */
  async passed(): Promise<void> {
    try {
      await settled();
      const findings = this.#nodes.flatMap(leftOn);
      findings.push(...this.#expected.findings(this.reports));
      this.#clear();
      if (this.#handles !== undefined) {
        await settled();
        for (const text of await this.#handles.left()) findings.push({ kind: "handle", text });
      }
      if (findings.length === 0) return;
      const reason = this.#expected.unexpected(this.reports)[0]?.reason;
      throw noteOn(new NotClean(findings, reason === undefined ? undefined : { cause: reason }), seedNote(this.#seed));
    } finally {
      this.#handles?.stop();
    }
  }

  /** The test has failed: what is left says nothing then. Answers the error, with what may be the reason of it. */
  failed(error: unknown): unknown {
    const crashes = this.#expected.unexpected(this.reports).filter(({ reason }) => reason !== error);
    this.#clear();
    this.#handles?.stop();
    const note = crashes.length === 0 ? undefined : `Nobody was told of:\n${crashes.map(formatCrash).join("\n")}`;
    return noteOn(noteOn(error, note), seedNote(this.#seed));
  }

  #clear(): void {
    for (const node of this.#nodes) {
      for (const process of node.living()) process.terminate("killed");
      node.clock.clearAll();
    }
  }
}

function leftOn(node: WatchedNode): Finding[] {
  const findings: Finding[] = [];
  const find = (kind: Finding["kind"], text: string): void => void findings.push({ kind, text });
  for (const process of node.living()) find("process", describeProcess(process, node));
  for (const process of node.straggling()) find("straggler", `${describeFunction(process)} was ended, and its function has not returned`);
  for (const { due, origin } of node.clock.timers()) find("timer", `on ${node.name}, due in ${ms(due - node.clock.now())}${setAt("set", origin)}`);
  for (const [address, to] of node.table) {
    // Those of live processes are told of already.
    if (!(to instanceof Process && !to.dead) && !isHeld(node, address)) find("address", `${address} leads to nobody`);
  }
  for (const [name, process] of node.names) if (process.dead) find("name", `${JSON.stringify(name)} stands for ${process.pid}, which is dead`);
  return findings;
}

/** An alias of a process that lives. Which one's it is nobody can tell from outside, so that is asked only where a process is left. */
const isHeld = (node: WatchedNode, address: string): boolean => node.processCount > 0 && address.includes("#");

const ms = (time: number): string => `${Math.round(time * 1_000) / 1_000} ms`;

const setAt = (what: string, origin: Origin | undefined): string => {
  const place = placeOf(origin);
  return place === undefined ? "" : `, ${what} at ${place}`;
};

const describeFunction = ({ pid, label, runs }: Process): string => `${pid}${label === undefined ? "" : ` (${label})`}, which runs ${runs},`;

function describeProcess(process: Process, node: WatchedNode): string {
  const { pid, label, name, runs, status, parent, mailboxLength, since } = process.describe();
  const who = [label, name === undefined ? undefined : `registered as ${JSON.stringify(name)}`].filter((part) => part !== undefined);
  return [
    `${pid}${who.length === 0 ? "" : ` (${who.join(", ")})`} runs ${runs}, ${status}`,
    mailboxLength === 0 ? "" : `, with ${mailboxLength} message${mailboxLength === 1 ? "" : "s"} in its mailbox`,
    `; started${parent === undefined ? "" : ` by ${parent}`} after ${ms(since - node.bornAt)}`,
    setAt("begun", node.originOf(process)),
  ].join("");
}
