/** Bytes `from` to `to`, both inclusive. */
export interface ByteRange {
  from: number
  to: number
}

/**
 * The part that a Range header asks for (RFC 9110, 14.1.2): null where it asks for all, for several parts, or for what we do
 * not know, which all are answered with the whole.
 * @returns `unsatisfiable` where it begins behind the end
 */
export function rangeOf(header: string | undefined, length: number): ByteRange | null | 'unsatisfiable' {
  const [, first = '', last = ''] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header?.trim() ?? '') ?? []
  if (first === '' && last === '') return null
  if (first === '') {
    const from = Math.max(0, length - Number(last))
    return Number(last) === 0 || length === 0 ? 'unsatisfiable' : { from, to: length - 1 }
  }
  const from = Number(first)
  const to = last === '' ? length - 1 : Math.min(Number(last), length - 1)
  if (last !== '' && Number(last) < from) return null
  return from >= length ? 'unsatisfiable' : { from, to }
}
