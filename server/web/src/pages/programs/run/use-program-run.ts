import { useEffect, useState } from 'preact/hooks'
import type { ProgramBody } from '../../../api/program-bodies.ts'
import { ProgramRun } from './program-run.ts'

/** The run that is looked at, of one program at a time. */
export function useProgramRun() {
  const [run, setRun] = useState<ProgramRun | null>(null)
  useEffect(() => () => run?.leave(), [run])
  return {
    run,
    begin(program: ProgramBody) {
      const next = new ProgramRun()
      next.begin(program)
      setRun(next)
    },
    clear: () => setRun(null),
  }
}
