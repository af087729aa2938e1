import type { EngineNotice } from '../classify/classify-thread.ts'
import type { HealthCheck } from './health.ts'

/** The parts of a frame's journey that may be in trouble. */
export interface Parts {
  /** Why the disk refuses frames, and rows; null where it takes them. */
  framesHeld: string | null
  stateHeld: string | null
  /** What the classifying threads run, or null until they are ready; `engineFailure` says why they are not going to be. */
  engine: EngineNotice | null
  engineFailure: string | null
  influx: Pick<HealthCheck, 'level' | 'text'>
}

/** What is wrong with the parts of the journey, or that nothing is. */
export function partChecks({ framesHeld, stateHeld, engine, engineFailure, influx }: Parts): HealthCheck[] {
  const skipped = engine?.skipped.map(({ name, reason }) => `; ${name} did not load: ${reason}`).join('') ?? ''
  return [
    diskCheck('frames', framesHeld),
    diskCheck('state', stateHeld),
    {
      name: 'engine',
      level: engineFailure === null ? 'ok' : 'error',
      text: engine ? `${engine.engine}, ${engine.backbone}${skipped}` : (engineFailure ?? 'loading; frames wait'),
    },
    { name: 'influx', ...influx },
  ]
}

function diskCheck(name: string, why: string | null): HealthCheck {
  return {
    name,
    level: why ? 'error' : 'ok',
    text: why ? `the disk takes nothing (${why}): make room, or mend it; nothing is acknowledged meanwhile` : 'works',
  }
}
