import { Dice } from "../trees/dice.js";
import type { Child, Command, Ends, Item, Op, Pattern, Program, Reason, Request, Restart, Step, Wait } from "./program.js";

/** What one actor can speak of: labels and tasks are its own. */
interface Own {
  readonly monitors: string[];
  readonly timers: string[];
  readonly tasks: string[];
  /** What may come to it. */
  readonly expects: Pattern[];
}

/**
 * Grows a program. What it says is what both sides promise: who looks (for a name, or into the mailbox without waiting) looks first in its step, when nothing is
 * under way; and where two actors act at the same time, they talk to each other, and nothing else.
 */
class Grower {
  readonly #dice: Dice;
  readonly #actors = ["p1", "p2", "p3"];
  readonly #servers: string[] = [];
  readonly #supervisors: string[] = [];
  readonly #dynamics: string[] = [];
  readonly #owns = new Map<string, Own>();
  #last = 3;

  constructor(dice: Dice) {
    this.#dice = dice;
  }

  steps(): Step[] {
    const traps = this.#actors.filter(() => this.#dice.chance(0.5)).map((id): Command => [id, ["trap", true]]);
    return [
      ...traps.map((command) => [command]),
      ...this.#dice.times(this.#dice.whole(4, 18), () => (this.#dice.chance(0.12) ? this.#together() : [this.#command()])),
    ];
  }

  #command(): Command {
    const dice = this.#dice;
    const id = this.#actor();
    const looks = dice.chance(0.3) ? [this.#look(id)] : [];
    return [id, ...looks, ...this.#ops(id, dice.whole(looks.length === 0 ? 1 : 0, 3))];
  }

  /** What another one does because of a signal may come before or after what its sender does next. So that waits, or does nothing more. */
  #ops(id: string, count: number): Op[] {
    const ops: Op[] = [];
    while (ops.length < count) {
      const op = this.#op(id);
      ops.push(op);
      // Whether one that has just been started traps exits already, nobody knows.
      if (op[0] === "spawn" && op[3]) return ops;
      // Whoever waits for another one's end may be taken along by it, now or a little later.
      if (["call", "stop", "shutdown", "await", "yield", "terminate_kid"].includes(op[0])) return ops;
      if (op[0] === "signal" || op[0] === "cast") return this.#dice.chance(0.5) ? [...ops, ["recv", this.#pattern(this.#own(id)), 60]] : ops;
    }
    return ops;
  }

  /** Two who send, and wait for what they get. */
  #together(): Step {
    const dice = this.#dice;
    const [one, two] = [this.#actor(), this.#actor()];
    if (one === two) return [this.#command()];
    // Who waits does so at the end: two who wait equally long and then send would meet by chance.
    const talk = (from: string, to: string): Command => {
      const sends = dice.times(dice.whole(0, 2), () => this.#send(from, to));
      return [from, ...sends, ["recv", dice.chance(0.5) ? ["msg", to] : ["tag", dice.whole(1, 3)], this.#wait()]];
    };
    return [talk(one, two), talk(two, one)];
  }

  #look(id: string): Op {
    const dice = this.#dice;
    const own = this.#own(id);
    return dice.weighed<() => Op>([
      [2, () => ["whereis", this.#name()]],
      [3, () => ["register", this.#name()]],
      [1, () => ["unregister", this.#name()]],
      [2, () => ["send_name", this.#name(), dice.whole(1, 3)]],
      [4, () => ["recv", this.#pattern(own), 0]],
      [own.monitors.length > 0 ? 2 : 0, () => ["demonitor", dice.of(own.monitors), dice.chance(0.3)]],
      [own.timers.length > 0 ? 8 : 0, () => ["cancel", dice.of(own.timers)]],
      [own.tasks.length > 0 ? 2 : 0, () => ["yield", dice.of(own.tasks), 0]],
      [own.tasks.length > 0 ? 1 : 0, () => ["ignore", dice.of(own.tasks)]],
      [this.#supervisors.length > 0 ? 2 : 0, () => ["which", dice.of(this.#supervisors)]],
    ])();
  }

  #op(id: string): Op {
    const dice = this.#dice;
    const own = this.#own(id);
    const tasks = own.tasks.length > 0;
    const servers = this.#servers.length > 0;
    return dice.weighed<() => Op>([
      [8, () => this.#spawn(own)],
      [4, () => ["trap", dice.chance(0.7)]],
      [4, () => this.#link(id)],
      [2, () => ["unlink", this.#anybody()]],
      [6, () => ["monitor", this.#anybody(), this.#monitor(own)]],
      [1, () => ["monitor_name", this.#name(), this.#monitor(own)]],
      [own.monitors.length > 0 ? 2 : 0, () => ["demonitor", dice.of(own.monitors), true]],
      [6, () => ["exit", this.#end(id)]],
      [id.startsWith("t") ? 8 : 1, () => ["return", dice.whole(1, 9)]],
      [9, () => this.#signal(id)],
      [8, () => this.#send(id, this.#actor())],
      [2, () => ["send_after", this.#actor(), dice.whole(1, 3), dice.of([5, 100_000]), this.#label(own.timers, "a")]],
      [9, () => ["recv", this.#pattern(own), this.#wait()]],
      [7, () => this.#task(own)],
      [2, () => ["start_child", this.#born("t"), this.#restart()]],
      [3, () => this.#few(own)],
      [tasks ? 4 : 0, () => ["await", dice.of(own.tasks), 60]],
      [tasks ? 3 : 0, () => ["yield", dice.of(own.tasks), 60]],
      [tasks ? 4 : 0, () => ["shutdown", dice.of(own.tasks), dice.of([60, "brutal_kill"] as const)]],
      [1, () => this.#stream()],
      [1, () => ["run", this.#items(), 40]],
      [3, () => ["server", this.#server(), dice.chance(0.5)]],
      [servers ? 7 : 0, () => ["call", dice.of(this.#servers), this.#request(), 60]],
      [servers ? 3 : 0, () => ["cast", dice.of(this.#servers), this.#request()]],
      [servers ? 2 : 0, () => ["stop", dice.of(this.#servers), this.#reason([])]],
      [2, () => this.#supervisor()],
      [2, () => this.#dynamic()],
      [this.#dynamics.length > 0 ? 6 : 0, () => ["start_kid", dice.of(this.#dynamics), this.#born("k"), this.#restart()]],
      [this.#dynamics.length > 0 ? 3 : 0, () => ["terminate_kid", dice.of(this.#dynamics), this.#kid()]],
    ])();
  }

  #signal(id: string): Op {
    const to = this.#anybody();
    const reason = this.#reason(["kill", "normal"]);
    return ["signal", to, reason === "normal" && to === id && id.startsWith("t") ? "shutdown" : reason]; // excluded: a task's exit with "normal"
  }

  #spawn(own: Own): Op {
    const dice = this.#dice;
    const id = this.#born();
    const how = dice.of(["plain", "link", "link", "monitor"]);
    if (how === "link") own.expects.push(["exit", id]);
    return ["spawn", id, how === "monitor" ? this.#monitor(own) : how, dice.chance(0.3)];
  }

  #link(id: string): Op {
    // A child that takes its supervisor's parent along, by whatever way, leaves open which of the two the supervisor hears of first.
    const ofChildren = this.#actors.filter((one) => one.startsWith("k")).flatMap((one) => [one, ...this.#own(one).tasks]);
    const to = this.#dice.of(this.#actors.filter((one) => !ofChildren.includes(one)));
    if (ofChildren.includes(id)) return ["monitor", to, this.#monitor(this.#own(id))];
    this.#own(id).expects.push(["exit", to]);
    this.#own(to).expects.push(["exit", id]);
    return ["link", to];
  }

  #send(from: string, to: string): Op {
    const tag = this.#dice.whole(1, 3);
    this.#own(to).expects.push(this.#dice.chance(0.5) ? ["tag", tag] : ["msg", from]);
    return ["send", to, tag];
  }

  #monitor(own: Own): string {
    const label = this.#label(own.monitors, "m");
    own.expects.push(["down", label]);
    return label;
  }

  #own(id: string): Own {
    const own = this.#owns.get(id) ?? { monitors: [], timers: [], tasks: [], expects: [] };
    this.#owns.set(id, own);
    return own;
  }

  #actor(): string {
    return this.#dice.of(this.#actors);
  }

  #anybody(): string {
    return this.#dice.of([...this.#actors, ...this.#actors, ...this.#servers, ...this.#supervisors]);
  }

  #born(kind = "p"): string {
    const id = `${kind}${++this.#last}`;
    this.#actors.push(id);
    return id;
  }

  #server(): string {
    const id = `g${++this.#last}`;
    this.#servers.push(id);
    return id;
  }

  #task(own: Own): Op {
    const id = this.#born("t");
    own.tasks.push(id);
    return ["task", id, this.#dice.of(["async", "sup_async", "nolink"] as const)];
  }

  #supervisor(): Op {
    const dice = this.#dice;
    const id = `s${++this.#last}`;
    const children = dice.times(dice.whole(1, 3), (): Child => [this.#born("k"), this.#restart()]);
    this.#supervisors.push(id);
    return ["supervisor", id, dice.of(["one_for_one", "one_for_all", "rest_for_one"] as const), dice.whole(0, 2), children];
  }

  #dynamic(): Op {
    const id = `d${++this.#last}`;
    this.#supervisors.push(id);
    this.#dynamics.push(id);
    return ["dynamic", id, this.#dice.whole(0, 2), this.#dice.whole(1, 3)];
  }

  /** A child of some supervisor, or anybody. */
  #kid(): string {
    const kids = this.#actors.filter((one) => one.startsWith("k"));
    return kids.length === 0 ? this.#actor() : this.#dice.of(kids);
  }

  #restart(): Restart {
    return this.#dice.of<Restart>(["permanent", "transient", "temporary"]);
  }

  #few(own: Own): Op {
    const how = this.#dice.of(["child", "async", "nolink"] as const);
    const id = this.#born("t");
    if (how !== "child") own.tasks.push(id);
    return ["few", id, how];
  }

  #label(labels: string[], kind: string): string {
    const label = `${kind}${++this.#last}`;
    labels.push(label);
    return label;
  }

  #name(): string {
    return this.#dice.of(["one", "two"]);
  }

  #pattern(own: Own): Pattern {
    const dice = this.#dice;
    if (own.expects.length > 0 && dice.chance(0.8)) return dice.of(own.expects);
    return dice.weighed<() => Pattern>([
      [3, () => ["msg", this.#actor()]],
      [3, () => ["tag", dice.whole(1, 3)]],
      [3, () => ["exit", this.#anybody()]],
      [own.monitors.length > 0 ? 4 : 0, () => ["down", dice.of(own.monitors)]],
    ])();
  }

  #wait(): Wait {
    return this.#dice.chance(0.88) ? 60 : "infinity";
  }

  #reason(more: readonly Reason[]): Reason {
    return this.#dice.of<Reason>(["normal", "shutdown", ["shutdown", "x"], "boom", "killed", ...more, ...more]);
  }

  #end(id: string): Ends {
    const end = this.#dice.chance(0.25) ? (["raise", "oops"] as const) : this.#reason(["kill"]);
    return end === "normal" && id.startsWith("t") ? "shutdown" : end; // excluded: a task's exit with "normal"
  }

  #stream(): Op {
    const dice = this.#dice;
    const items = this.#items();
    // Which of several crashes takes the caller along first is nobody's promise.
    const bad = items.filter(([kind]) => kind === "raise" || kind === "exit").length;
    return ["stream", items, bad < 2 && dice.chance(0.7) ? dice.of(["alone", "linked"] as const) : "nolink", dice.chance(0.5), dice.whole(1, 3), 40];
  }

  #items(): Item[] {
    const dice = this.#dice;
    return dice.times(dice.whole(0, 4), () =>
      dice.weighed<Item>([
        [5, ["value", dice.whole(1, 9)]],
        [2, ["raise", "oops"]],
        [2, ["exit", dice.of<Reason>(["shutdown", ["shutdown", "x"], "boom"])]], // excluded: a task's exit with "normal"
        [2, ["never"]],
      ]),
    );
  }

  #request(): Request {
    const dice = this.#dice;
    return dice.weighed<Request>([
      [4, ["reply", dice.whole(1, 9)]],
      [3, ["later"]],
      [3, ["settle", dice.whole(1, 9)]],
      [2, ["raise", "oops"]],
      [2, ["exit", dice.of(["normal", "shutdown", "boom"])]],
      [2, ["stop", dice.of(["normal", "shutdown", "boom"])]],
    ]);
  }
}

export const makeProgram = (seed: number): Program => ({ seed, steps: new Grower(new Dice(seed)).steps() });
