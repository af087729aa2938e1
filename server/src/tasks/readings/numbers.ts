import { isName } from '@ajar/protocol'
import { valueAt } from './pointer.ts'

/** Sensors of one run, as `TaskParams.readings` bounds them too. */
const MOST_READINGS = 20
/** What is said of a value that is none. */
const SHOWN_CHARACTERS = 60
/** Nothing that is a number is longer in JSON. */
const MOST_DIGITS = 400

/** What a result says of sensors. */
export interface Numbers {
  bySensor: Map<string, number>
  /** For whoever reads the job's log: what was wanted and is not there, or cannot be kept. */
  flaws: string[]
}

/** @param asked sensors, and the pointer to the value of each */
export function numbersAt(value: unknown, asked: Record<string, string>): Numbers {
  const found: Numbers = { bySensor: new Map(), flaws: [] }
  for (const [sensor, pointer] of Object.entries(asked)) {
    const there = valueAt(value, pointer)
    const number = Array.isArray(there) ? there.length : numberOf(there)
    if (number !== null) found.bySensor.set(sensor, number)
    else if (there === undefined) found.flaws.push(`${sensor} was not written: nothing stands at ${shown(pointer)}`)
    else found.flaws.push(`${sensor} was not written: ${shown(there)} at ${shown(pointer)} is neither number nor list`)
  }
  return found
}

/**
 * Every number at the top of a result. What is a list there is none: who wants its length says so.
 * @param camera the first part of each sensor's name
 */
export function numbersAtTop(value: unknown, camera: string): Numbers {
  const found: Numbers = { bySensor: new Map(), flaws: [] }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return found
  for (const [key, there] of Object.entries(value)) {
    const number = numberOf(there)
    if (number === null) continue
    const own = asName(key)
    const sensor = `${camera}-${own}`
    const flaw = own === null ? UNNAMEABLE : flawOf(sensor, found.bySensor)
    if (flaw === null) found.bySensor.set(sensor, number)
    else if (found.flaws.length < MOST_READINGS) found.flaws.push(`${shown(key)} was not written: ${flaw}`)
  }
  return found
}

function flawOf(sensor: string, taken: ReadonlyMap<string, number>): string | null {
  if (!isName(sensor))
    return `${shown(sensor)} is no name of a sensor (at most 32 small letters, digits and hyphens): name one with readings`
  if (taken.has(sensor)) return `another value of the result is ${sensor} already: name sensors with readings`
  if (taken.size >= MOST_READINGS) return `a run writes ${MOST_READINGS} readings at most: choose with readings`
  return null
}

/** Older tasks answer `{"noise":"691.95"}`: a text that is a number counts. Null where it is none, or beyond a double. */
function numberOf(value: unknown): number | null {
  const isText = typeof value === 'string' && value.length <= MOST_DIGITS
  if (isText && !/^\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*$/i.test(value)) return null
  const number = isText ? Number(value) : value
  return typeof number === 'number' && Number.isFinite(number) ? number : null
}

const UNNAMEABLE = 'it is no name of a sensor, which has letters a to z, digits and hyphens: name one with readings'
/** What has two letters where it is written without its mark. */
const SPELT: Record<string, string> = { ä: 'ae', ö: 'oe', ü: 'ue', ß: 'ss', æ: 'ae', ø: 'oe', å: 'aa', œ: 'oe', ł: 'l' }

/**
 * `hotPixels` and `hot_pixels` are `hot-pixels`, `Größe` is `groesse`, `café` is `cafe`. Null where a letter would be lost,
 * or nothing is left: two keys that differ are not to fall together.
 */
function asName(key: string): string | null {
  const plain = key
    .normalize('NFC')
    .replace(/([a-z0-9])([A-Z])/g, '$1-$2')
    .toLowerCase()
    .replace(/[äöüßæøåœł]/g, (letter) => SPELT[letter] ?? '')
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
  if (/[^a-z0-9]/.test(plain.replace(/[^\p{L}\p{N}]/gu, ''))) return null
  return plain.replace(/[^a-z0-9]+/g, '-').replace(/^-|-$/g, '') || null
}

function shown(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? String(value))
  return text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}...` : text || '""'
}
