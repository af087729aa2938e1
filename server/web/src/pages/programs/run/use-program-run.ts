import { useEffect, useState } from 'preact/hooks'
import type { ProgramBody } from '../../../api/program-bodies.ts'
import { keepRun, readRun } from './kept-run.ts'
import { ProgramRun } from './program-run.ts'

/** The run that is looked at, of one program at a time; that of before where the page was left or loaded anew. */
export function useProgramRun(who: string) {
  const [run, setRun] = useState<ProgramRun | null>(() => runOfBefore(who))
  useEffect(() => () => run?.leave(), [run])
  const { identifier = '', wasStopped = false } = run?.state.value ?? {}
  useEffect(() => {
    if (identifier !== '') keepRun(who, { identifier, wasStopped, at: Date.now() })
  }, [who, identifier, wasStopped])
  const clear = () => {
    keepRun(who, null)
    setRun(null)
  }
  return {
    run,
    begin(program: ProgramBody) {
      clear()
      const next = new ProgramRun()
      next.begin(program)
      setRun(next)
    },
    clear,
  }
}

function runOfBefore(who: string): ProgramRun | null {
  const kept = readRun(who, Date.now())
  if (!kept) return null
  const run = new ProgramRun()
  run.resume(kept.identifier, kept.wasStopped)
  return run
}
