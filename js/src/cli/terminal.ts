/** The parts of Node's `process` that are used. */
export interface Terminal {
  readonly stdout: Output;
  readonly stderr: Output;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** A stream to print to. */
export interface Output {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

/** Whether a person reads standard output, and wants colours. */
export function isColoured({ stdout, env }: Terminal): boolean {
  return stdout.isTTY === true && !env["NO_COLOR"];
}

/** Green for what went well, red for what did not; plain where no person reads. */
export function colour(terminal: Terminal, text: string, isGood: boolean): string {
  return isColoured(terminal) ? `\u001b[${isGood ? 32 : 31}m${text}\u001b[0m` : text;
}
