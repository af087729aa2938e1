import { batch, computed, type ReadonlySignal, signal } from '@preact/signals'
import { clock } from '../../design/clock.ts'
import type { LiveCamera } from '../../live/camera.ts'
import type { Live } from '../../live/live.ts'
import { troubleOf } from '../../live/trouble.ts'
import { isSeen } from '../../live/urgency.ts'

/** So few need no choosing. */
export const FEW = 3
/** Stands beside the names of states, none of which begins like that. */
export const TROUBLED = '.troubled'

/** Which cameras of the wall are shown, and in which order. */
export class ChosenCameras {
  readonly name = signal('')
  /** A state, `TROUBLED`, or nothing for all. */
  readonly state = signal('')
  readonly troubledFirst = signal(false)
  #shown: ReadonlySignal<string[]> | null = null

  /** As it stands in the address of the wall, where it outlives a reload and can be sent to others. */
  readonly query = computed(() => {
    const said = { name: this.name.value, state: this.state.value, first: this.troubledFirst.value ? TROUBLED : '' }
    const query = new URLSearchParams(Object.entries(said).filter(([, value]) => value !== '')).toString()
    return query === '' ? '' : `?${query}`
  })

  /** @param query of an address */
  take(query: string) {
    const said = new URLSearchParams(query)
    batch(() => {
      this.name.value = said.get('name') ?? ''
      this.state.value = said.get('state') ?? ''
      this.troubledFirst.value = said.get('first') === TROUBLED
    })
  }

  clear() {
    this.name.value = ''
    this.state.value = ''
  }

  /** Ids of the cameras to show; changes only where they do, not with every frame. */
  among(live: Live): ReadonlySignal<string[]> {
    if (this.#shown) return this.#shown
    const joined = computed(() => this.#choose(live).join(' '))
    this.#shown = computed(() => joined.value.split(' ').filter(Boolean))
    return this.#shown
  }

  #choose(live: Live): string[] {
    const name = this.name.value.trim().toLowerCase()
    const ids = (live.all.value ?? []).filter((id) => id.includes(name))
    const state = this.state.value
    const sorts = this.troubledFirst.value
    if (state === '' && !sorts) return ids
    const isTroubled = (camera: LiveCamera) =>
      troubleOf(camera, clock.value, live.devices.value) !== null ||
      live.alerts.of(camera.id).some((alert) => !isSeen(alert))
    const cameras = ids.flatMap((id) => live.camera(id)?.value ?? [])
    const fitting = cameras.filter(
      (one) => state === '' || (state === TROUBLED ? isTroubled(one) : one.state === state),
    )
    const inOrder = sorts ? [...fitting.filter(isTroubled), ...fitting.filter((one) => !isTroubled(one))] : fitting
    return inOrder.map(({ id }) => id)
  }
}

/** Every state that some camera can be in. */
export function statesOf(live: Live): string[] {
  const cameras = (live.all.value ?? []).flatMap((id) => live.camera(id)?.peek() ?? [])
  return [...new Set(cameras.flatMap(({ states }) => states))].sort()
}
