import type { Connection } from "../../../kernel/connection.js";
import { SupervisorDown } from "../../../kernel/errors.js";
import type { Node } from "../../../kernel/node.js";
import type { DurableKey, SpawnId, SpawnOptions } from "../../../kernel/wire.js";
import { Crew, rootCrew } from "../../../tasks/crew.js";
import type { TaskWork } from "../../../tasks/job.js";
import type { Guests } from "../guests.js";
import { checkToken } from "../subjects.js";
import { DurableGuest } from "./durable-guest.js";
import { RunSubjects } from "./entries.js";
import type { Log } from "./log.js";
import { RunLog } from "./run-log.js";

/** What the tasks of durable runs that run here need. */
export interface DurableSettings {
  readonly stem: string;
  log(): Promise<Log>;
}

/** Runs tasks of durable runs: each once, whoever asks for it how often. */
export class DurableHost {
  readonly #node: Node;
  readonly #guests: Guests;
  readonly #settings: DurableSettings;
  readonly #running = new Map<string, DurableGuest>();

  constructor(node: Node, guests: Guests, settings: DurableSettings) {
    this.#node = node;
    this.#guests = guests;
    this.#settings = settings;
  }

  get load(): number {
    return this.#running.size;
  }

  /** @throws SupervisorDown, InvalidOption */
  spawn(connection: Connection, id: SpawnId, work: TaskWork, name: string, options: SpawnOptions & { readonly durable: DurableKey }): void {
    const key = textOf(options.durable);
    const running = this.#running.get(key);
    if (running === undefined) {
      const guest = this.#guest(connection, id, work, name, options);
      this.#running.set(key, guest);
      this.#guests.add(guest);
      void guest.begin();
    } else {
      this.#guests.delete(running);
      running.answers(connection, id);
      this.#guests.add(running);
    }
  }

  #guest(connection: Connection, id: SpawnId, work: TaskWork, name: string, options: SpawnOptions & { readonly durable: DurableKey }): DurableGuest {
    const { durable, under } = options;
    checkToken("durable", durable.run);
    const crew = under === undefined ? rootCrew(this.#node) : Crew.at(this.#node, under);
    if (crew === undefined) throw new SupervisorDown(`${String(under)} on node ${this.#node.bareName}`, "noproc");
    const node = this.#node.name;
    const log = new RunLog(this.#settings.log(), new RunSubjects(this.#settings.stem, durable.run), node);
    const over = (guest: DurableGuest): void => {
      this.#over(guest);
    };
    return new DurableGuest(crew, crew.checked(work, "work"), connection, id, options, { node, name, log, over });
  }

  #over(guest: DurableGuest): void {
    this.#running.delete(textOf(guest.key));
    this.#guests.delete(guest);
  }

  /** The node leaves: what is not over ends with it, and nothing more can be written down. */
  leave(): void {
    for (const guest of this.#running.values()) {
      guest.forget();
      guest.stop("brutal_kill");
    }
    this.#running.clear();
  }
}

const textOf = ({ run, index, launch }: DurableKey): string => `${run}.${index}.${launch}`;
