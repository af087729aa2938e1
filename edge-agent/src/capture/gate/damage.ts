import { AgentError } from '../../failure.ts'

/** The picture is not what its header says, or ends too early. */
export function damaged(what: string): AgentError {
  return new AgentError('damaged_jpeg', 'environment', `damaged JPEG: ${what}`)
}

/** A JPEG, but of a kind that no camera here sends. */
export function unsupported(what: string): AgentError {
  return new AgentError('unsupported_jpeg', 'environment', `this kind of JPEG cannot be judged: ${what}`)
}
