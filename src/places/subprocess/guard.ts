import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";

/**
 * A shell that is there as long as this program has children. It is told of each (`+ 123`, `- 123`), and when it is told nothing more, for the program is
 * gone, it gives them a moment to end in order and kills those that have not: they may be in a loop. A number alone is no proof that it is still the
 * same process; when that was started is.
 */
const script = `
trap "" HUP INT QUIT TERM
since() {
  stat=
  while read -r line; do stat="$stat $line"; done < "/proc/$1/stat"
  set -- \${stat##*) }
  since=\${20}
}
children=" "
while read -r sign pid; do
  case $sign in
    +) since "$pid"; children="$children$pid:$since " ;;
    -) children="\${children%% $pid:*} \${children#* $pid:* }" ;;
  esac
done
[ "$children" = " " ] && exit
sleep 0.5
for child in $children; do
  pid=\${child%:*}
  since "$pid"
  [ -n "$since" ] && [ "$since" = "\${child#*:}" ] && kill -9 "$pid"
done
`;

/** When one that has died is followed by another, in milliseconds: not at once, for that may die as well. */
const pause = 20;

/** Whether the system has what a guard needs. Where it has not, a thread in each child watches for the end of this program. */
export const canGuard = process.platform === "linux" && existsSync("/bin/sh") && existsSync("/proc/self/stat");

const children = new Set<number>();
let guarding: ChildProcess | undefined;

/** From now on the child does not outlive this program, however that ends. What makes it do anything is to be sent after this. */
export function guard(child: ChildProcess): void {
  const { pid } = child;
  if (pid === undefined) return; // it could not be started
  children.add(pid);
  if (guarding === undefined) begin();
  else tell("+", pid);
  child.once("exit", () => {
    children.delete(pid);
    tell("-", pid);
    if (children.size > 0) return;
    guarding?.stdin?.end();
    guarding = undefined;
  });
}

function begin(): void {
  if (children.size === 0) return;
  const one = spawn("/bin/sh", ["-c", script], { stdio: ["pipe", "ignore", "ignore"], env: { PATH: process.env["PATH"] } });
  guarding = one;
  const gone = (): void => {
    if (guarding !== one) return;
    guarding = undefined;
    setTimeout(begin, pause).unref();
  };
  one.once("error", gone).once("exit", gone).unref();
  // Without a descriptor left there is none.
  one.stdin?.on("error", () => undefined);
  (one.stdin as unknown as { unref(): void } | null | undefined)?.unref();
  for (const pid of children) tell("+", pid);
}

function tell(sign: "+" | "-", pid: number): void {
  guarding?.stdin?.write(`${sign} ${pid}\n`);
}
