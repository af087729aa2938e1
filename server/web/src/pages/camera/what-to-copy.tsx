import type { Signal } from '@preact/signals'

const WHAT = {
  settings: 'Threshold, debounce, stale after, region of interest and masks',
  states: 'States',
  labels: 'Labels, to learn from frames of the other camera',
  model: 'The active model, to start from; it is active at once',
}

/** What of one camera another one takes over. */
export function WhatToCopy({ what }: { what: Signal<string[]> }) {
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
          {words}
        </label>
      ))}
    </fieldset>
  )
}
