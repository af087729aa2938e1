import type { Entry } from '../entries.ts'

/** What is there already, and what is new of the rest: whatever the order of their keys, equal entries are one. */
export function withoutDuplicates(there: readonly Entry[], more: readonly Entry[]): Entry[] {
  const known = new Set(there.map(keyOf))
  const all = [...there]
  for (const entry of more) {
    const key = keyOf(entry)
    if (known.has(key)) continue
    known.add(key)
    all.push(entry)
  }
  return all
}

function keyOf(value: unknown): string {
  return JSON.stringify(value, (_name, one) =>
    typeof one === 'object' && one !== null && !Array.isArray(one)
      ? Object.fromEntries(Object.entries(one).sort(([a], [b]) => (a < b ? -1 : 1)))
      : one,
  )
}
