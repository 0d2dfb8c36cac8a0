import { InvalidOption } from "../kernel/errors.js";
import { type LocalName, checkName } from "../kernel/ids.js";
import type { Node } from "../kernel/node.js";
import { type Check, checkCount, checkMilliseconds, checkNode, checkOptions, oneOf } from "../kernel/options.js";
import { type Spec, specOf } from "./child-spec.js";
import { DuplicateChild } from "./errors.js";
import type { AutoShutdown, MachineSettings, Strategy } from "./machine-events.js";

/** What every supervisor can be started with. */
export interface IntensityOptions {
  /** Registered on its node under this name (K14). */
  readonly name?: LocalName;
  /** How many restarts within `maxSeconds` it takes for the supervisor to give up. Default 3: the fourth is one too many. */
  readonly maxRestarts?: number;
  /** In seconds. Default 5. */
  readonly maxSeconds?: number;
}

/** What a `Supervisor` can be started with. */
export interface SupervisorOptions extends IntensityOptions {
  /** Which children are started again when one has ended. Default `"one_for_one"`: that one. */
  readonly strategy?: Strategy;
  /** Whether the end of significant children ends the supervisor (V4). Default `"never"`. */
  readonly autoShutdown?: AutoShutdown;
}

/** What a `DynamicSupervisor` can be started with. */
export interface DynamicSupervisorOptions extends IntensityOptions {
  /** How many children there may be, those that are being restarted included; one more is refused (V5). Default `Infinity`. */
  readonly maxChildren?: number;
}

/** Where something is started from plain code. */
export interface NodeOption {
  /** Default: the node of this event loop. */
  readonly node?: Node;
}

const intensity: Readonly<Record<string, Check>> = {
  name: checkName,
  maxRestarts: (option, value) => checkCount(option, value, { least: 0 }),
  maxSeconds: checkMilliseconds,
};

export const supervisorChecks: Readonly<Record<string, Check>> = {
  ...intensity,
  strategy: oneOf(["one_for_one", "one_for_all", "rest_for_one"]),
  autoShutdown: oneOf(["never", "any_significant", "all_significant"]),
};

export const dynamicChecks: Readonly<Record<string, Check>> = { ...intensity, maxChildren: checkCount };

/** Checks options: one that is linked runs where its parent does, and takes no node. @throws InvalidOption */
export const checkSupervisor = (kind: string, options: object, checks: Readonly<Record<string, Check>>, isLinked: boolean): void =>
  checkOptions(`${kind} options`, options, isLinked ? checks : { ...checks, node: checkNode });

type AllOptions = SupervisorOptions & DynamicSupervisorOptions;

/** The options with their defaults. */
export const settingsOf = (kind: string, dynamic: boolean, options: AllOptions): MachineSettings => ({
  name: options.name === undefined ? kind : `${kind} ${String(options.name)}`,
  strategy: options.strategy ?? "one_for_one",
  autoShutdown: options.autoShutdown ?? "never",
  maxRestarts: options.maxRestarts ?? 3,
  maxSeconds: options.maxSeconds ?? 5,
  dynamic,
  maxChildren: options.maxChildren ?? Infinity,
});

/** What is right in itself may not be under this supervisor. @throws InvalidOption */
export function checkSpec(spec: Spec, { autoShutdown, name }: MachineSettings): Spec {
  if (spec.significant && autoShutdown === "never")
    throw new InvalidOption(
      `significant of child ${spec.id}`,
      true,
      `${name} has autoShutdown "never": choose "any_significant" or "all_significant"`,
    );
  return spec;
}

/** The specs of a list of children. @throws InvalidOption, DuplicateChild */
export function specsOf(children: readonly unknown[], settings: MachineSettings): Spec[] {
  if (!Array.isArray(children)) throw new InvalidOption("children", children, "give an array of child specs");
  const ids = new Set<unknown>();
  return children.map((child, index) => {
    const spec = checkSpec(specOf(child, `children[${index}]`), settings);
    if (ids.has(spec.id)) throw new DuplicateChild(spec.id);
    ids.add(spec.id);
    return spec;
  });
}
