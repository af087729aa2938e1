import { useConsole } from '../../console.ts'
import { counted } from '../../design/words.ts'
import { type ChosenCameras, statesOf, TROUBLED } from './chosen-cameras.ts'

interface ChooseCamerasProps {
  chosen: ChosenCameras
  /** How many are shown of how many. */
  shown: number
  all: number
}

export function ChooseCameras({ chosen, shown, all }: ChooseCamerasProps) {
  const { live } = useConsole()
  const thing = all === live.ids.value?.length ? 'camera' : 'tile'
  return (
    <search class="choose">
      <input
        type="search"
        aria-label="Name of a camera or device"
        placeholder="Name"
        value={chosen.name.value}
        onInput={(event) => {
          chosen.name.value = event.currentTarget.value
        }}
      />
      <select
        aria-label="State"
        value={chosen.state.value}
        onChange={(event) => {
          chosen.state.value = event.currentTarget.value
        }}
      >
        <option value="">Every state</option>
        <option value={TROUBLED}>In trouble</option>
        {[...statesOf(live), 'unknown'].map((state) => (
          <option key={state} value={state}>
            {state}
          </option>
        ))}
      </select>
      <label class="check">
        <input
          type="checkbox"
          checked={chosen.troubledFirst.value}
          onChange={(event) => {
            chosen.troubledFirst.value = event.currentTarget.checked
          }}
        />
        In trouble first
      </label>
      <small aria-live="polite">{shown === all ? counted(all, thing) : `${shown} of ${counted(all, thing)}`}</small>
    </search>
  )
}
