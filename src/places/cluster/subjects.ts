import { InvalidOption } from "../../kernel/errors.js";

/**
 * The subjects that a node uses. Who sends stands in each, so that NATS permissions can see to it that no node speaks in the name of another:
 *
 * - `taskward.<cluster>.signal.<to>.<its incarnation>.<from>.<its incarnation>`: what one node has to say to another
 * - `taskward.<cluster>.presence.<from>`: what it tells all
 * - `taskward.<cluster>.name.<name>`: whether somebody has that name
 * - `taskward.<cluster>.runs.<run>.>`: what is kept of a durable run
 */
export class Subjects {
  readonly #cluster: string;
  readonly #own: string;
  /** All that is said to this node. */
  readonly inbox: string;
  readonly presence: string;
  readonly everybody: string;
  readonly name: string;
  readonly runs: string;

  constructor(cluster: string, name: string, incarnation: string) {
    this.#cluster = `taskward.${cluster}`;
    this.#own = `${name}.${incarnation}`;
    this.inbox = `${this.#cluster}.signal.${this.#own}.>`;
    this.presence = `${this.#cluster}.presence.${name}`;
    this.everybody = `${this.#cluster}.presence.*`;
    this.name = `${this.#cluster}.name.${name}`;
    this.runs = runsOf(cluster);
  }

  /** Where another node hears this one. */
  to(node: string): string {
    return `${this.#cluster}.signal.${tokens(node)}.${this.#own}`;
  }

  /** Where this node hears another one, and is told that there is nobody. */
  from(node: string): string {
    return `${this.#cluster}.signal.${this.#own}.${tokens(node)}`;
  }
}

/** What the subjects of a cluster's durable runs begin with. */
export const runsOf = (cluster: string): string => `taskward.${cluster}.runs`;

/** `b~k3` as two tokens. */
const tokens = (node: string): string => node.replace("~", ".");

/** The node that a message comes from, by its subject; undefined when that is none of ours. */
export function senderIn(subject: string): string | undefined {
  const parts = subject.split(".");
  const [name, incarnation] = parts.slice(5);
  return parts.length === 7 && name !== undefined && incarnation !== undefined ? `${name}~${incarnation}` : undefined;
}

/** The name of a node that tells all something, by the subject. */
export const nameIn = (subject: string): string => subject.slice(subject.lastIndexOf(".") + 1);

const shape = /^[A-Za-z0-9_@-]+$/;

/** Refuses what could not stand in a subject or in a pid. */
export function checkToken(option: string, value: unknown): asserts value is string {
  if (typeof value !== "string" || !shape.test(value)) throw new InvalidOption(option, value, "give letters, digits, and any of _ - @");
}

export const isToken = (value: unknown): value is string => typeof value === "string" && shape.test(value);
