import type { CameraBody } from '../api/bodies.ts'
import type { ResultEvent, TransitionEvent } from '../api/events.ts'

/** A camera, a sensor with states, or a door, as it is shown while its frames come in. Times are milliseconds UTC. */
export interface LiveCamera {
  kind: 'camera' | 'sensor' | 'door'
  /** `device/camera` */
  id: string
  device: string
  camera: string
  /** Names it had. */
  aliases: string[]
  /** Names it can be in, in the operator's order. */
  states: string[]
  model: string | null
  /** The debounced state, why it is `unknown`, and since when. */
  state: string
  reason: string | null
  since: number | null
  /** The newest classified frame, and what its result says. */
  frame: string | null
  frameAt: number | null
  result: { state: string; confidence: number | null; reason: string | null } | null
  staleAfterMs: number
  /** So many numbers of a reading, its first part, are drawn on the wall; null: all. */
  firstNumbers: number | null
  /** The sensor whose model it is asked with; null: its own. */
  follows: string | null
}

/** What is read of an answer. */
type Shown = Pick<
  CameraBody,
  'id' | 'device' | 'camera' | 'states' | 'model' | 'state' | 'lastFrame' | 'staleAfterMs'
> &
  Partial<CameraBody>

export function liveCamera({
  id,
  device,
  camera,
  aliases = [],
  states,
  model,
  state,
  lastFrame,
  staleAfterMs,
}: Shown): LiveCamera {
  return {
    kind: 'camera',
    firstNumbers: null,
    follows: null,
    id,
    device,
    camera,
    aliases,
    states,
    model,
    state: state.state,
    reason: state.reason ?? null,
    since: state.since,
    frame: lastFrame ?? state.frame,
    frameAt: capturedAt(lastFrame ?? state.frame),
    result:
      state.confidence === null
        ? null
        : { state: state.state, confidence: state.confidence, reason: state.reason ?? null },
    staleAfterMs,
  }
}

/** What was loaded, with what events said meanwhile: an event may overtake the answer that was asked for before it. */
export function withAnswer(shown: LiveCamera, loaded: LiveCamera): LiveCamera {
  const newer = (shown.frameAt ?? 0) > (loaded.frameAt ?? 0) ? shown : loaded
  const later = (shown.since ?? 0) > (loaded.since ?? 0) ? shown : loaded
  const { frame, frameAt } = newer
  const { state, reason, since } = later
  // The answer knows the confidence of the state, events know that of the newest frame.
  const result = shown.frame === frame ? (shown.result ?? loaded.result) : loaded.result
  return { ...loaded, frame, frameAt, result, state, reason, since }
}

/** Before its frames are loaded anew, because some of them are gone: what was shown of them is not shown any more. */
export function withoutPast(camera: LiveCamera): LiveCamera {
  return { ...camera, frame: null, frameAt: null, result: null, since: null }
}

/** A frame older than the newest one changes nothing that is shown. */
export function withResult(camera: LiveCamera, event: ResultEvent): LiveCamera {
  const { frame, state, confidence, reason, late } = event
  const at = capturedAt(frame)
  if (late || at === null || at <= (camera.frameAt ?? 0)) return camera
  // A camera that stays `unknown` has no transition, but its reason may be another one.
  const known = camera.reason === 'no_model' && event.model !== null ? null : camera.reason
  const why = camera.state === 'unknown' && state === 'unknown' ? reason : known
  const model = event.model ?? camera.model
  return { ...camera, model, frame, frameAt: at, reason: why, result: { state, confidence, reason } }
}

export function withTransition(camera: LiveCamera, transition: TransitionEvent): LiveCamera {
  if ('recomputedFrom' in transition) return { ...camera, since: transition.since }
  if (transition.at < (camera.since ?? 0)) return camera
  const { to, reason, at, model } = transition
  return { ...camera, state: to, reason, since: at, model: model ?? camera.model }
}

/** The time in a frame's id (`device/camera/ms`), or null where there is no frame. */
export function capturedAt(frame: string | null): number | null {
  const ms = Number(frame?.split('/')[2] ?? Number.NaN)
  return Number.isFinite(ms) ? ms : null
}
