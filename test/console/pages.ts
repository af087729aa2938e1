import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const BUILD = fileURLToPath(new URL('../../server/web/build.ts', import.meta.url))

/** Builds the console where its sources changed; the server serves what stands there. */
export async function buildPages(): Promise<void> {
  await promisify(execFile)(process.execPath, [BUILD])
}
