import { Exit, type Pid, type Self, type TaskwardError } from "taskward";
import { type ChildSpec, DynamicSupervisor, StartFailed, Supervisor } from "taskward/behaviours";
import { VirtualTime } from "taskward/testing";
import { Diary, type One, reasonText } from "./diary.js";
import type { Event } from "./log.js";
import type { Act, Child, Dyn, Kind, Leaf, Scenario, Step, Sup } from "./scenario.js";

const pathOf = (above: string, id: string | number): string => (above === "" ? String(id) : `${above}/${id}`);

/** One scenario, in virtual time. */
class Scene {
  readonly #time = new VirtualTime({ reporter: () => undefined });
  readonly #diary = new Diary();
  readonly #scenario: Scenario;
  #parent: Self | undefined;
  #root: Supervisor | DynamicSupervisor | undefined;

  constructor(scenario: Scenario) {
    this.#scenario = scenario;
  }

  async play(): Promise<Event[][]> {
    const { node } = this.#time;
    node.run((self) => this.#diary.run(self)).catch(() => undefined);
    const { root, steps } = this.#scenario;
    const failed = await this.#time.until(new Promise<unknown>((resolve) => void node.run((self) => this.#beParent(self, root, resolve))));
    if (failed !== undefined) {
      await this.#pass();
      return [[...this.#diary.take(), ["", `root ${reasonText(failed)}`]]];
    }
    const played = [await this.#settled()];
    for (const step of [...steps, ["stop", root.id, "shutdown"] as const]) {
      const answer: Event = ["", `> ${await this.#act(step)}`];
      played.push([answer, ...(await this.#settled())]);
    }
    played.push([]);
    for (const { pid, name } of [...this.#diary.living.values()]) {
      played.at(-1)?.push(["", `left ${name}`]);
      await this.#exit(pid, "kill");
    }
    return played;
  }

  /** Whoever starts the root. Answers why it did not start. */
  async #beParent(self: Self, root: Sup | Dyn, resolve: (failed?: unknown) => void): Promise<never> {
    this.#parent = self;
    self.trapExit = true;
    await self.sleep(1); // the diary has begun
    await this.#startSup(self, "", "", root).then(() => resolve(), resolve);
    for (;;) await self.receive();
  }

  // ——— The tree ———

  #spec(path: string, parent: string, { restart, shutdown, significant, what }: Child): ChildSpec {
    return {
      id: what.id,
      restart,
      shutdown,
      significant,
      type: what.type === "leaf" ? "worker" : "supervisor",
      start: (self) => (what.type === "leaf" ? this.#startLeaf(self, path, parent, what) : this.#startSup(self, path, parent, what)),
    };
  }

  async #startLeaf(self: Self, above: string, parent: string, { id, kind, starts }: Leaf): Promise<Pid> {
    const path = pathOf(above, id);
    const { name, nth } = this.#diary.attempt(path);
    const attempt = starts[nth] ?? "ok";
    if (attempt === "late") await new Promise<void>((resolve) => void self.node.clock.set(resolve, 10));
    if (attempt !== "fail" && attempt !== "raise" && attempt !== "ignore") {
      const pid = await new Promise<Pid>((resolve) => {
        self.spawnLink((me) => {
          me.trapExit = kind !== "plain";
          resolve(me.pid);
          return leaf(me, kind, self.pid);
        });
      });
      this.#diary.alive({ pid, name, path, parent, type: "leaf" }, `+ ${name}`);
      if (attempt === "boom" || attempt === "normal") {
        this.#time.node.send(pid, { exit: attempt });
        await this.#diary.whenGone(pid);
      }
      return pid;
    }
    this.#diary.note(parent, `${attempt === "ignore" ? "~" : "!"} ${name}`);
    if (attempt === "ignore") throw new StartFailed(name, "ignore");
    if (attempt === "fail") self.spawnLink((me) => me.exit("boom"));
    throw new Error("boom");
  }

  async #startSup(self: Self, above: string, parent: string, what: Sup | Dyn): Promise<Pid> {
    const path = pathOf(above, what.id);
    const { name, nth } = this.#diary.attempt(path);
    const attempt = what.starts[nth] ?? "ok";
    if (attempt !== "ok") {
      this.#diary.note(parent, `${attempt === "ignore" ? "~" : "!"} ${name}`);
      throw attempt === "ignore" ? new StartFailed(name, "ignore") : new Error("boom");
    }
    this.#diary.note(parent, `( ${name}`);
    try {
      const started = await this.#launch(self, path, name, what);
      if (self === this.#parent) this.#root = started;
      this.#diary.alive({ pid: started.pid, name, path, parent, type: what.type, ended: started.ended }, `) ${name}`);
      return started.pid;
    } catch (error) {
      this.#diary.note(parent, `! ${name} ${reasonText(error)}`);
      throw error;
    }
  }

  #launch(self: Self, path: string, name: string, what: Sup | Dyn): Promise<Supervisor | DynamicSupervisor> {
    const { maxRestarts, maxSeconds } = what;
    if (what.type === "dyn") return DynamicSupervisor.startLink(self, { maxChildren: what.maxChildren, maxRestarts, maxSeconds });
    const children = what.children.map((child) => this.#spec(path, name, child));
    return Supervisor.startLink(self, children, { strategy: what.strategy, autoShutdown: what.autoShutdown, maxRestarts, maxSeconds });
  }

  // ——— What happens ———

  /** What happened until nothing more will, and how the tree stands then. */
  async #settled(): Promise<Event[]> {
    await this.#pass();
    const state = this.#root?.isRunning ? await this.#look(this.#root, this.#root.pid) : "gone";
    return [...this.#diary.take(), ["", `= ${state}`]];
  }

  /** Lets everything happen that will. */
  async #pass(): Promise<void> {
    do await this.#time.advance(0);
    while (this.#time.clock.step());
  }

  async #look(sup: Supervisor | DynamicSupervisor, pid: Pid): Promise<string> {
    const children = await this.#time.until(sup.whichChildren());
    const { specs, active, supervisors, workers } = await this.#time.until(sup.countChildren());
    const texts: string[] = [];
    for (const child of children) {
      if (child.pid === undefined) texts.push(child.state === "stopped" ? `${child.id}-` : `${child.id} ${child.state}`);
      else if (child.type === "worker")
        texts.push(this.#diary.living.has(child.pid) ? this.#diary.nameOf(child.pid) : `${this.#diary.nameOf(child.pid)}!`);
      else texts.push(await this.#look(this.#at(child.pid), child.pid));
    }
    if (sup instanceof DynamicSupervisor) texts.sort();
    return `${this.#diary.nameOf(pid)}(${active}/${specs}/${supervisors}/${workers})[${texts.join(" ")}]`;
  }

  #at(pid: Pid): Supervisor | DynamicSupervisor {
    const { node } = this.#time;
    return this.#diary.living.get(pid)?.type === "dyn" ? DynamicSupervisor.at(pid, { node }) : Supervisor.at(pid, { node });
  }

  // ——— Steps ———

  async #act(step: Step): Promise<string> {
    if (step[0] === "pass") {
      await this.#time.advance(step[1]);
      return "ok";
    }
    if (step[0] === "parent_exit") {
      if (this.#root?.isRunning) this.#parent?.exit(this.#root.pid, step[1]);
      return "sent";
    }
    const one = this.#diary.whereis(step[1]);
    if (one === undefined) return "nobody";
    const lives = (): string => (this.#diary.living.has(one.pid) ? "lives" : "ended");
    switch (step[0]) {
      case "exit":
        if (one.type !== "leaf") return "wrong_type";
        this.#time.node.send(one.pid, { exit: step[2] });
        await this.#time.advance(0);
        return lives();
      case "kill":
        await this.#exit(one.pid, "kill");
        return lives();
      case "unlink":
        if (one.type !== "leaf") return "wrong_type";
        this.#time.node.send(one.pid, "unlink");
        await this.#time.advance(0);
        return lives();
      case "signal":
        await this.#exit(one.pid, step[2]);
        return one.type === "leaf" ? lives() : "sent";
      default:
        return one.type === "leaf" ? "wrong_type" : this.#actOn(one, step);
    }
  }

  async #actOn(
    one: One,
    step: Exclude<Step, readonly ["exit" | "kill" | "unlink" | "signal" | "pass" | "parent_exit", ...unknown[]]>,
  ): Promise<string> {
    if (step[0] === "burst") return this.#burst(one, step[2]);
    if (step[0] === "stop")
      return this.#time.until(
        this.#at(one.pid)
          .stop(step[2])
          .then(() => "ok"),
      );
    return this.#time.until(this.#request(one, step[0] === "start_child" ? [step[0], step[2]] : [step[0], step[2]]));
  }

  /** An exit signal of a stranger. */
  async #exit(pid: Pid, reason: unknown): Promise<void> {
    await this.#time.until(this.#time.node.run((self) => self.exit(pid, reason)));
    await this.#time.advance(0);
  }

  /** Has all this come to the supervisor while it is busy with a child that does not start until then. */
  async #burst(one: One, acts: readonly Act[]): Promise<string> {
    let open = (): void => undefined;
    const opened = new Promise<void>((resolve) => (open = resolve));
    let arrived = false;
    const start = async (): Promise<never> => {
      arrived = true;
      await opened;
      throw new StartFailed("gate", "ignore");
    };
    const passed = answerOf(this.#at(one.pid).startChild({ id: "gate", start, restart: "temporary" }), () => "ignored");
    await this.#time.advance(0);
    if (!arrived) return this.#time.until(passed);
    const answers: Promise<string>[] = [];
    for (const act of acts) {
      answers.push(this.#queue(one, act));
      await this.#time.advance(0);
    }
    open();
    await this.#time.until(passed);
    return (await this.#time.until(Promise.all(answers))).join(" ");
  }

  async #queue(one: One, act: Act): Promise<string> {
    if (act[0] !== "exit" && act[0] !== "kill") return this.#request(one, act);
    const child = this.#diary.whereis(pathOf(one.path, act[1]));
    if (child === undefined) return "nobody";
    if (act[0] === "exit" && child.type === "leaf") this.#time.node.send(child.pid, { exit: "normal" });
    else await this.#time.node.run((self) => self.exit(child.pid, "kill"));
    return "ended";
  }

  async #request({ pid, path, name }: One, act: Act): Promise<string> {
    const sup = this.#at(pid);
    const ok = (): string => "ok";
    const pidOrNot = (started: Pid | undefined): string => (started === undefined ? "ignored" : "started");
    if (act[0] === "count") return answerOf(sup.countChildren(), ({ specs, supervisors, workers }) => [specs, supervisors, workers].join("/"));
    if (act[0] === "start_child") return answerOf(sup.startChild(this.#spec(path, name, act[1])), pidOrNot);
    if (sup instanceof DynamicSupervisor) {
      if (act[0] !== "terminate_child") return "wrong_type";
      const child = this.#diary.last(pathOf(path, act[1]));
      return child === undefined ? "nobody" : answerOf(sup.terminateChild(child), ok);
    }
    if (act[0] === "terminate_child") return answerOf(sup.terminateChild(act[1]), ok);
    if (act[0] === "delete_child") return answerOf(sup.deleteChild(act[1]), ok);
    if (act[0] === "restart_child") return answerOf(sup.restartChild(act[1]), pidOrNot);
    const marks = { running: "+", restarting: "*", stopped: "-" };
    return answerOf(sup.whichChildren(), (children) => children.map(({ id, state }) => `${id}${marks[state]}`).join(""));
  }
}

const answerOf = <T>(asked: Promise<T>, text: (answer: T) => string): Promise<string> =>
  asked.then(text, (error: unknown) => {
    const code = (error as Partial<TaskwardError>).code ?? String(error);
    return code === "supervisor_down" ? "down" : code;
  });

async function leaf(self: Self, kind: Kind, supervisor: Pid): Promise<never> {
  for (;;) {
    const message = await self.receive();
    if (message === "unlink") self.unlink(supervisor);
    else if (!(message instanceof Exit)) self.exit((message as { exit: unknown }).exit);
    if (!(message instanceof Exit) || message.from !== supervisor || kind === "deaf") continue;
    if (kind === "slow") await self.sleep(15);
    self.exit(kind === "odd" ? "odd" : message.reason);
  }
}

/** What happens in each step of a scenario. */
export const play = (scenario: Scenario): Promise<Event[][]> => new Scene(scenario).play();
