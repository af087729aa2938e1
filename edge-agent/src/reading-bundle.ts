/** Several readings of a sensor in one item of the outbox: a JSON list of `{"at", "value"}`, where one alone is `{"value"}`. */

/** A reading as it is sent. */
export interface SentReading {
  /** Milliseconds since 1970 UTC. */
  atMs: number
  /** `{"value": ...}` */
  bytes: Uint8Array
}

const LIST = '['.charCodeAt(0)

export function bundleOf(readings: SentReading[]): Uint8Array {
  const texts = readings.map(({ atMs, bytes }) =>
    JSON.stringify({ at: atMs, ...JSON.parse(new TextDecoder().decode(bytes)) }),
  )
  return new TextEncoder().encode(`[${texts.join(',')}]`)
}

/** The readings of a bundle, or the item as it is where it is none. */
export function readingsIn({ kind, atMs }: { kind: string; atMs: number }, bytes: Uint8Array): SentReading[] {
  if (kind !== 'reading' || bytes[0] !== LIST) return [{ atMs, bytes }]
  const list = JSON.parse(new TextDecoder().decode(bytes)) as { at: number; value: unknown }[]
  return list.map(({ at, value }) => ({ atMs: at, bytes: new TextEncoder().encode(JSON.stringify({ value })) }))
}
