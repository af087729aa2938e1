import { runProgram } from '../../programs/run-program.ts'

/** A manager that answers does so within this, also on a small machine that is busy. */
const ANSWER_MS = 30_000
const NEVER = new AbortController().signal

/** Runs systemctl. @returns what it printed @throws Error with what it said */
export function systemctl(args: string[], limitMs = ANSWER_MS): Promise<string> {
  return run('systemctl', args, limitMs)
}

/** Properties of a unit; those of one that is not loaded are empty. */
export async function show(unit: string, properties: string[]): Promise<Record<string, string>> {
  const text = await systemctl(['show', unit, `--property=${properties.join(',')}`])
  const lines = text.split('\n').filter((line) => line.includes('='))
  return Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]))
}

/** @returns what it printed @throws Error with what it said */
export async function run(program: string, args: string[], limitMs: number): Promise<string> {
  const { code, stdout, stderr } = await runProgram(program, args, { signal: NEVER, limitMs })
  if (code !== 0) throw new Error(stderr.trim() || `${program} ${args.join(' ')} failed (${code})`)
  return stdout
}
