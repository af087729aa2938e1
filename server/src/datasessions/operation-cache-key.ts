import { createHash } from 'node:crypto'

/**
 * The key that the older server had for what an operation was asked for: sha256 of `name_` and the sorted `[key, value]` pairs of
 * its input data, as Python's `json.dumps` writes them. Lists of files are sorted by basename first, and so are the keys of all
 * that lies deeper. 255 and 255.0 are one number to us, written `255`: JSON does not tell them apart once it is read.
 * @returns hexadecimal
 */
export function operationCacheKey(name: string, inputData: Readonly<Record<string, unknown>>): string {
  const pairs = sortedPairs(inputData).map(([key, value]) => [key, isFileList(value) ? byBasename(value) : value])
  return createHash('sha256')
    .update(`${name}_${pythonJson(pairs)}`)
    .digest('hex')
}

/** JSON in the letters that Python's `json.dumps(value, sort_keys=True)` would write. */
export function pythonJson(value: unknown): string {
  if (typeof value === 'number') return pythonNumber(value)
  if (typeof value === 'string') return pythonText(value)
  if (Array.isArray(value)) return `[${value.map(pythonJson).join(', ')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value ?? null)
  const pairs = sortedPairs(value).map(([key, one]) => `${pythonText(key)}: ${pythonJson(one)}`)
  return `{${pairs.join(', ')}}`
}

/** Python's `repr` of a float: the shortest digits that come back, with an exponent below 1e-4 and from 1e16 on. */
function pythonNumber(value: number): string {
  const [digits = '', exponent = ''] = value.toExponential().split('e')
  const power = Number(exponent)
  if (value === 0 || (power >= -4 && power < 16)) return String(value) // of -0, too, `0`
  return `${digits}e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`
}

/** `ensure_ascii`: what is no printable ASCII is `\uXXXX`, of two halves beyond the first plane. */
function pythonText(value: string): string {
  return JSON.stringify(value).replace(
    /[^ -~]/g,
    (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

function sortedPairs(value: object): [string, unknown][] {
  return Object.entries(value)
    .filter(([, one]) => one !== undefined)
    .sort(([a], [b]) => byCodePoint(a, b))
}

function isFileList(value: unknown): value is { basename: string }[] {
  return Array.isArray(value) && value.every((one) => typeof one?.basename === 'string')
}

function byBasename(files: readonly { basename: string }[]) {
  return files.toSorted((a, b) => byCodePoint(a.basename, b.basename))
}

/** As Python sorts: by code points, where JavaScript would go by halves of them. */
function byCodePoint(a: string, b: string): number {
  const [first, second] = [Array.from(a), Array.from(b)]
  for (let i = 0; i < Math.min(first.length, second.length); i += 1) {
    const order = (first[i]?.codePointAt(0) ?? 0) - (second[i]?.codePointAt(0) ?? 0)
    if (order !== 0) return order
  }
  return first.length - second.length
}
