import { type DynamicConfigValue, MappingType, type ValueMapping } from '@grafana/grafana-foundation-sdk/dashboard'

export const GREY = '#808080'

/** Colours of usual states. `unknown` is grey everywhere: it is no state, but that nobody knows. */
const USUAL: Record<string, string> = {
  unknown: GREY,
  closed: 'green',
  open: 'orange',
  ajar: 'yellow',
  locked: 'dark-green',
  unlocked: 'semi-dark-orange',
  empty: 'green',
  occupied: 'red',
  day: 'super-light-blue',
  night: 'dark-blue',
  on: 'yellow',
  off: 'dark-purple',
}

/**
 * Grafana gives every text without a mapping one and the same colour, and an operator's states may have any name. Their
 * last letter decides, which tells `lid-on` from `lid-off` and `bay-1` from `bay-2`.
 */
const BY_LAST_LETTER: [letters: string, colour: string][] = [
  ['afkpuz4', 'blue'],
  ['bglqv05', 'purple'],
  ['chmrw16', 'red'],
  ['dinsx27', 'light-green'],
  ['ejoty38', 'light-orange'],
  ['.9', 'light-blue'],
]

/** Colours for states that are values. */
export const STATE_MAPPINGS: ValueMapping[] = [
  {
    type: MappingType.ValueToText,
    options: Object.fromEntries(
      Object.entries(USUAL).map(([state, color], index) => [state, { text: state, color, index }]),
    ),
  },
  ...BY_LAST_LETTER.map(([letters, color], index): ValueMapping => {
    const last = letters.startsWith('.') ? '.' : `[${letters}${letters.toUpperCase()}]`
    const result = { text: '$1', color, index: index + Object.keys(USUAL).length }
    return { type: MappingType.RegexToText, options: { pattern: `^(.*${last})$`, result } }
  }),
]

/** Colours for states that are names of series; others get one of the palette by their name. */
export const STATE_COLOURS: [name: string, properties: DynamicConfigValue[]][] = Object.entries(USUAL).map(
  ([state, fixedColor]) => [state, [{ id: 'color', value: { mode: 'fixed', fixedColor } }]],
)
