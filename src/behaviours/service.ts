import { Exit } from "../kernel/messages.js";
import type { Pid } from "../kernel/ids.js";
import type { ExitReason } from "../kernel/reasons.js";
import type { Self } from "../kernel/self.js";

/**
 * Starts a process that holds a plain async service: it ends the service when it is asked to end itself. When the service does not start, the
 * process was never there for anybody.
 */
export const startService =
  (label: string, start: (self: Self) => unknown, stop: (handle: never, reason: ExitReason) => unknown) =>
  (supervisor: Self): Promise<Pid> =>
    new Promise((resolve, reject) => {
      const pid = supervisor.spawnLink(
        async function service(self) {
          self.trapExit = true;
          let handle: unknown;
          try {
            handle = await start(self);
          } catch (error) {
            // Told by the rejection: an exit as well would be a second failure.
            self.unlink(supervisor.pid);
            reject(error);
            return;
          }
          resolve(pid);
          const { reason } = await self.receive((message): message is Exit => ends(self, message));
          await stop(handle as never, reason);
          self.exit(reason);
        },
        { label },
      );
    });

/** Whether an exit ends the service: its supervisor's, its own, and what would end it by a link. */
const ends = (self: Self, message: unknown): boolean =>
  message instanceof Exit && (message.reason !== "normal" || message.from === self.parent || message.from === self.pid);
