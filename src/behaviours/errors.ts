import { registerErrorClass } from "../kernel/error-classes.js";
import { NameTaken, TaskwardError, describeReason } from "../kernel/errors.js";
import type { Pid } from "../kernel/ids.js";

/**
 * Something did not start: its `init` refused, it threw, it ended before it was ready, or it took too long. With the reason `"ignore"` it did not want
 * to, which is no failure for a supervisor (G3, V2).
 */
export class StartFailed extends TaskwardError {
  constructor(
    readonly who: string,
    readonly reason: unknown,
  ) {
    super("start_failed", `${who} did not start: ${describeReason(reason)}`, { cause: reason });
  }
}

/** A unique key of a registry that a live process has: `pid` (G5). A `NameTaken`, for `via(key)` is a name. */
export class AlreadyRegistered extends NameTaken {
  constructor(
    key: string,
    readonly pid: Pid,
  ) {
    super(key, pid);
  }
}

/** A child with this id runs under the supervisor already (V3). */
export class AlreadyStarted extends TaskwardError {
  constructor(
    readonly id: string | number,
    readonly pid: Pid,
  ) {
    super("already_started", `child ${id} runs already, as ${pid}: give another id, or terminate that one first`);
  }
}

/** The supervisor knows a child with this id, which does not run (V3). */
export class AlreadyPresent extends TaskwardError {
  constructor(readonly id: string | number) {
    super("already_present", `there is a child ${id} already, which does not run: start it with restartChild, or delete it with deleteChild first`);
  }
}

/** Two children of one list have the same id (V3). */
export class DuplicateChild extends TaskwardError {
  constructor(readonly id: string | number) {
    super("duplicate_child", `there are two children with the id ${JSON.stringify(id)}: an id is for one child alone`);
  }
}

/** What can only be done to a child that does not run (V3). */
export class ChildRunning extends TaskwardError {
  constructor(operation: string, id: string | number, what: "running" | "restarting") {
    super(what, `${operation}: child ${id} is ${what}; terminate it first`);
  }
}

/** The supervisor has no such child (V3). */
export class ChildNotFound extends TaskwardError {
  constructor(supervisor: string, child: string | number) {
    super("not_found", `${supervisor} has no child ${child}: whichChildren() tells which there are`);
  }
}

/** A supervisor is among its own descendants. */
export class CyclicTree extends TaskwardError {
  constructor(what: string) {
    super("cyclic_tree", `${what}: a supervisor cannot be among its own descendants`);
  }
}

/** Makes these errors known by their class to what arrives from other nodes. */
const classes = [StartFailed, AlreadyRegistered, AlreadyStarted, AlreadyPresent, DuplicateChild, ChildRunning, ChildNotFound, CyclicTree];
for (const Class of classes) registerErrorClass(Class);
