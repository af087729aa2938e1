import type { Signal } from '@preact/signals'

const WHAT = {
  settings: () => 'Threshold, debounce, stale after, region of interest and masks',
  states: () => 'States',
  labels: (source: string) => `Labels, to learn from frames of ${source}`,
  model: () => 'The active model, to start from; it is active at once',
}

const SHORT: Record<string, string> = { settings: 'settings', states: 'states', labels: 'labels', model: 'the model' }

/** `states and the model` */
export function copiedInWords(what: string[]): string {
  const words = Object.keys(SHORT).flatMap((name) => (what.includes(name) ? [SHORT[name]] : []))
  return words.length < 2 ? words.join() : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`
}

interface WhatToCopyProps {
  what: Signal<string[]>
  /** The camera that it is of, in words. */
  source: string
}

/** What of one camera another one takes over. */
export function WhatToCopy({ what, source }: WhatToCopyProps) {
  return (
    <fieldset aria-label="What to copy">
      {Object.entries(WHAT).map(([name, words]) => (
        <label key={name} class="check">
          <input
            type="checkbox"
            checked={what.value.includes(name)}
            onChange={({ currentTarget: { checked } }) => {
              what.value = checked ? [...what.value, name] : what.value.filter((other) => other !== name)
            }}
          />{' '}
          {words(source)}
        </label>
      ))}
    </fieldset>
  )
}
