import type { JobLineRow } from '../database/schema.ts'
import { type JobKind, LANES } from './kinds.ts'

export type LineLevel = JobLineRow['level']

/** What a job is told to do, and how it tells how far it is. */
export interface JobContext {
  id: string
  camera: string | null
  params: Record<string, unknown>
  /** Who asked for it. */
  owner: string
  /** Ends the work. What cannot be taken back is not begun once it is aborted: nobody waits for it then. */
  signal: AbortSignal
  /** @param progress 0..1 within the whole job */
  report(phase: string, progress: number): void
  /** Says something in the job's own log, and in the server's. @param at when it was so, milliseconds UTC; now without it */
  log(level: LineLevel, text: string, at?: number): void
}

/**
 * Does one kind of job. Run twice, it must leave what one run leaves. An error keeps its `code` in the job; one whose
 * `fault` is `environment` is tried again.
 */
export type JobHandler = (context: JobContext) => Promise<object>

export interface HandledKind {
  kind: string
  run: JobHandler
  /** How many of them may run now; without it, as many as their lane takes. Call `wake` when that may have become more. */
  atOnce?(): number
}

/** A kind, and what does it. */
export interface Doable extends JobKind, Required<Pick<HandledKind, 'run' | 'atOnce'>> {}

/** @throws Error that names every kind without a handler or with two, and every handler without a kind */
export function matchHandlers(kinds: readonly JobKind[], handlers: readonly HandledKind[]): Map<string, Doable> {
  const flaws = handlers
    .filter(({ kind }) => !kinds.some(({ name }) => name === kind))
    .map(({ kind }) => `there is a handler of ${kind}, which is no kind of job`)
  const doable = new Map<string, Doable>()
  for (const kind of kinds) {
    const own = handlers.filter((handler) => handler.kind === kind.name)
    const [handler] = own
    if (doable.has(kind.name)) flaws.push(`the kind of job ${kind.name} is declared twice`)
    else if (!handler || own.length > 1)
      flaws.push(`jobs of kind ${kind.name} have ${own.length === 0 ? 'no handler' : `${own.length} handlers`}`)
    else
      doable.set(kind.name, {
        ...kind,
        run: (context) => handler.run(context),
        atOnce: () => handler.atOnce?.() ?? LANES[kind.lane],
      })
  }
  if (flaws.length > 0)
    throw new Error(`${flaws.join('; ')}: a fault of ajar (jobs/kinds.ts and app.ts have to agree), please report it`)
  return doable
}
