import { ApiError } from '../../../api/client.ts'
import type { ProgramBody } from '../../../api/program-bodies.ts'

const DOWNLOAD_PATH = '/download/'
const LIMIT_MS = 30_000
/** The browser begins to write what it saves at some time after the click. */
const KEPT_MS = 60_000

/** Saves the program, with the project that builds it elsewhere, as a zip. @throws ApiError */
export async function download({ files, switches, name }: ProgramBody) {
  const response = await fetch(DOWNLOAD_PATH, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ files, switches, name }),
    signal: AbortSignal.timeout(LIMIT_MS),
  }).catch(() => null)
  if (!response)
    throw new ApiError(0, 'unreachable', 'The server does not answer: check that it runs and that you are connected.')
  // What is refused is told in JSON, whatever the status.
  if (!response.ok || response.headers.get('content-type')?.includes('json')) {
    const { message } = (await response.json().catch(() => ({}))) as { message?: string }
    throw new ApiError(response.status, 'failed', message ?? `The server answered ${response.status}.`)
  }
  const address = URL.createObjectURL(await response.blob())
  const link = document.createElement('a')
  link.href = address
  link.download = nameOf(response.headers.get('content-disposition')) ?? `${name}.zip`
  link.click()
  setTimeout(() => URL.revokeObjectURL(address), KEPT_MS)
}

/** What an answer says that it is saved as (RFC 6266, plain names only). */
function nameOf(disposition: string | null): string | null {
  return /filename="?([^";]+)"?/.exec(disposition ?? '')?.[1] ?? null
}
