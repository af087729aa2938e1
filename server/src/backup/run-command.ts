/** The exit code where a command is wrong, as everywhere here. */
const BAD_USE = 2
const WIDTH = 60

/** Runs a command to its end; what goes wrong is said on standard error, and by the exit code. */
export async function runCommand(name: string, usage: string, work: () => Promise<void>): Promise<void> {
  try {
    if (process.argv.includes('--help') || process.argv.includes('-h')) return console.log(usage)
    await work()
  } catch (error) {
    const { code, message } = error as Error & { code?: string }
    const isBadUse = code?.startsWith('ERR_PARSE_ARGS') || code === 'bad_use'
    console.error(isBadUse ? `${message}\n\n${usage}` : `${name} failed: ${message}`)
    process.exitCode = isBadUse ? BAD_USE : 1
  }
}

/** How far it is, in one line of a terminal; elsewhere nothing is shown. */
export function terminalProgress(): { show(phase: string, fraction: number): void; end(): void } {
  if (!process.stdout.isTTY) return { show: () => {}, end: () => {} }
  return {
    show: (phase, fraction) =>
      void process.stdout.write(`\r${`${phase} ${Math.floor(fraction * 100)} %`.padEnd(WIDTH)}`),
    end: () => void process.stdout.write(`\r${' '.repeat(WIDTH)}\r`),
  }
}
