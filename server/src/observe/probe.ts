import { randomBytes, timingSafeEqual } from 'node:crypto'
import { chmodSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Log } from '../logging/levels.ts'
import type { HealthProbe } from './health.ts'

const BYTES = 32
const SHAPE = new RegExp(`^[0-9a-f]{${2 * BYTES}}$`)

/**
 * Writes a new secret into `run/probe` of the data folder, 32 random bytes as hex: whoever can read it there is told more of
 * the server's health, as the redeployer is. On a disk that takes nothing the one before stays.
 * @returns whether a text is that secret
 */
export function openProbe(dataDir: string, log: Pick<Log, 'warn'>): HealthProbe {
  const folder = join(dataDir, 'run')
  const file = join(folder, 'probe')
  let secret = randomBytes(BYTES).toString('hex')
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    // Put in place as a whole: somebody may read it at this very moment.
    writeFileSync(`${file}.new`, `${secret}\n`, { mode: 0o600 })
    chmodSync(`${file}.new`, 0o600)
    renameSync(`${file}.new`, file)
  } catch (err) {
    log.warn({ err }, `${file} cannot be written: the redeployer goes on with the secret that stood there before`)
    secret = written(file) ?? secret
  }
  const expected = Buffer.from(secret)
  return (shown) => {
    const given = Buffer.from(shown)
    return given.length === expected.length && timingSafeEqual(given, expected)
  }
}

function written(file: string): string | null {
  try {
    const secret = readFileSync(file, 'utf8').trim()
    return SHAPE.test(secret) ? secret : null
  } catch {
    return null
  }
}
