/** The steps of a redeploy in their order: the names by which its job says them, and what they are to people. */
const STEPS = {
  fetch: 'Fetch the sources',
  verify: 'Check who signed them',
  export: 'Unpack the files',
  install: 'Install what it needs',
  preflight: 'Try it on a copy of the data',
  pending: 'Remember the way back',
  switch: 'Switch over to it',
  restart: 'Restart the server',
  trial: 'Watch whether it answers well',
  keep: 'Keep it',
} as const

const NAMES = Object.keys(STEPS)
/** From here on the server is another one, or on its way to be. */
const SWITCH = NAMES.indexOf('switch')

export interface ShownStep {
  name: string
  text: string
  state: 'done' | 'now' | 'ahead'
}

/** @param phase of the job; one that is none of the steps leaves them all ahead */
export function stepsAt(phase: string | null): ShownStep[] {
  const at = NAMES.indexOf(phase ?? '')
  return Object.entries(STEPS).map(([name, text], index) => ({
    name,
    text,
    state: index < at ? 'done' : index === at ? 'now' : 'ahead',
  }))
}

export function stepInWords(phase: string | null): string | null {
  return phase !== null && phase in STEPS ? STEPS[phase as keyof typeof STEPS] : null
}

/** Whether the server may be restarted by what is done now. */
export function isSwitched(phase: string | null): boolean {
  return NAMES.indexOf(phase ?? '') >= SWITCH
}
