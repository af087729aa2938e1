import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { removeFolder } from '../../remove-folder.ts'
import { BoundsError } from '../bounds/bounded.ts'
import { runBounded } from '../bounds/run-bounded.ts'
import type { Described } from '../runners/describe-ts.ts'
import type { View } from '../task.ts'
import { ended, LIMITS, LoadTimeout, MOST_BYTES, wordsOf } from './loading.ts'

const KEPT_CHARACTERS = 2000
/** What describes a task does so on descriptor 3; what the task prints is for nobody. */
const APART = ['/bin/sh', '-c', 'exec "$@" 3>&1 1>/dev/null', 'describe'] as const

export interface Asking {
  /** All of its environment, beside HOME and TMPDIR. */
  env: Record<string, string>
  /** So long it may take. */
  ms: number
  view: View
}

/**
 * Has a task described by its runner, under the bounds that a call has: what stands at the top of a file is done then as well.
 * @param command what describes it, on file descriptor 3
 * @throws LoadTimeout; Error that says how that failed
 */
export async function askRunner(command: readonly string[], { env, ms, view }: Asking): Promise<Described> {
  const home = await mkdtemp(join(tmpdir(), 'ajar-describe-'))
  const tooLong = new AbortController()
  const said: Buffer[] = []
  let bytes = 0
  let errors = ''
  try {
    const { code, exceeded } = await runBounded({
      command: [...APART, ...command],
      ...{ folder: home, writes: [home], ...view },
      environment: { ...env, HOME: home, TMPDIR: home },
      limits: { ...LIMITS, ms },
      signal: tooLong.signal,
      onOutput(from, chunk) {
        if (from === 'stderr') {
          errors = (errors + chunk.toString('utf8')).slice(-KEPT_CHARACTERS)
          return
        }
        bytes += chunk.length
        if (bytes <= MOST_BYTES) said.push(chunk)
        else tooLong.abort(new Error(`What it declares is longer than ${MOST_BYTES} bytes.`))
      },
    })
    if (exceeded) throw new (exceeded.bound === 'time' ? LoadTimeout : Error)(wordsOf(exceeded))
    if (bytes === 0) throw ended(code, errors)
    return JSON.parse(Buffer.concat(said).toString('utf8')) as Described
  } catch (error) {
    if (error instanceof BoundsError) throw new Error(`It could not be loaded here: ${error.message}.`)
    throw error
  } finally {
    await removeFolder(home).catch(() => {}) // what it is found to be does not depend on that
  }
}
