import { ApiError } from '../../api/client.ts'

/** What the console says of an upload that was refused: what to do here, where it is about states. */
export function uploadFault(error: unknown, camera: string): unknown {
  if (!(error instanceof ApiError) || error.code !== 'other_states') return error
  const what = error.message.split(':')[0]
  const message =
    `${what}: name the states of ${camera} as the model's (Teach, then States), ` +
    'or upload it to the camera that it is of.'
  return new ApiError(error.status, error.code, message, error.field)
}
