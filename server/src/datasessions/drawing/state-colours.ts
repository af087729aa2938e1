/** As the console has them on a light ground, in the order of a camera's states; more states begin anew. */
const COLOURS = ['#1272a6', '#c46a00', '#00805c', '#b8568f', '#857500', '#c04a00', '#5a55c0', '#52606d']
const UNKNOWN = '#7b8490'

/** The colour of each state. @param known the camera's states, in its order */
export function stateColours(states: Iterable<string>, known: readonly string[] = []): Map<string, string> {
  const named = [...new Set([...known, ...[...new Set(states)].sort()])].filter((state) => state !== 'unknown')
  const colours = new Map(named.map((state, i) => [state, COLOURS[i % COLOURS.length] as string]))
  return colours.set('unknown', UNKNOWN)
}
