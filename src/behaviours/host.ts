/** What this uses of the program that it runs in; where there is none of it, in a browser, nothing happens. */
interface HostProcess {
  exitCode?: number | string | null | undefined;
  on(signal: string, listener: (signal: string, number: number) => void): unknown;
  off(signal: string, listener: (signal: string, number: number) => void): unknown;
  exit(code: number): unknown;
}

const hostProcess = (): HostProcess | undefined => (globalThis as { readonly process?: HostProcess }).process;

/** Calls back with each of these signals, and its number. Answers what ends that. */
export function onSignals(signals: readonly string[], heard: (signal: string, number: number) => void): () => void {
  const host = hostProcess();
  for (const signal of signals) host?.on(signal, heard);
  return () => {
    for (const signal of signals) host?.off(signal, heard);
  };
}

/** Ends the program. */
export function exitProgram(code: number): void {
  const host = hostProcess();
  if (host === undefined) return;
  host.exitCode = code;
  host.exit(code);
}

/** Has the program go on although nothing but processes without a timer or a socket is left. Answers what ends that. */
export function keepRunning(): () => void {
  const timer = setInterval(() => undefined, 2 ** 30);
  return () => {
    clearInterval(timer);
  };
}
