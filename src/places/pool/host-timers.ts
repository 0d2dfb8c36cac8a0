/** A timer of the host, which holds the event loop unless it is told not to. */
export interface HostTimer {
  unref(): unknown;
}

/**
 * The time by which a pool waits for its nodes. That is the machine's, whatever clock the node of its supervisor has: threads and child processes do not wait for virtual
 * time. The nodes of a simulation do.
 */
export interface HostTimers {
  setTimeout(callback: () => void, delay: number): HostTimer;
  setInterval(callback: () => void, delay: number): HostTimer;
  clear(timer: HostTimer | undefined): void;
  /** In the next turn of the event loop. */
  setImmediate(callback: () => void): void;
}

export const hostTimers: HostTimers = {
  setTimeout: (callback, delay) => setTimeout(callback, delay),
  setInterval: (callback, delay) => setInterval(callback, delay),
  clear: (timer) => {
    clearTimeout(timer as NodeJS.Timeout | undefined); // of an interval it is the same
  },
  setImmediate: (callback) => void setImmediate(callback),
};
