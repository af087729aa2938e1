import { computed, type ReadonlySignal, signal } from '@preact/signals'
import type { FrameBody } from '../../api/bodies.ts'
import { type Counts, Labels, type Said, type SaveLabels } from './labels.ts'
import { at, moved, nextPlace, rangeOf, type Selection } from './selection.ts'

/** What was said at once, and what stood there before. */
interface Step {
  labels: Said
  before: Said
}

export interface SheetPorts {
  save: SaveLabels
  /** Told when so many labels could not be kept: they are shown as they were before. */
  onFailed(error: unknown, count: number): void
}

const MOST_STEPS = 200

/**
 * Frames to be labelled, one after the other. What is said is shown at once and kept on the server in the same order, so
 * a page that is closed loses nothing that had been kept.
 */
export class Sheet {
  readonly #onFailed: SheetPorts['onFailed']
  readonly #labels: Labels
  readonly #laidOut = signal<FrameBody[]>([])
  readonly #selection = signal<Selection>(at(0))
  readonly #steps = signal<Step[]>([])
  readonly #seen = signal<string | null>(null)
  readonly frames: ReadonlySignal<FrameBody[]> = computed(() =>
    this.#laidOut.value.map((frame) => {
      const label = this.#labels.of(frame.id)
      return label === frame.label ? frame : { ...frame, label }
    }),
  )
  readonly current: ReadonlySignal<FrameBody | null> = computed(
    () => this.frames.value[this.#selection.value.at] ?? null,
  )
  /** Whether the picture of the current frame is shown: nobody labels what he has not seen. */
  readonly isSeen: ReadonlySignal<boolean> = computed(
    () => this.current.value !== null && this.current.value.id === this.#seen.value,
  )

  constructor({ save, onFailed }: SheetPorts) {
    this.#labels = new Labels(save)
    this.#onFailed = onFailed
  }

  get selection(): ReadonlySignal<Selection> {
    return this.#selection
  }

  /** Labelled frames of the camera by state, also those that are not on the sheet. */
  get counts(): ReadonlySignal<Counts> {
    return this.#labels.counts
  }

  get canUndo(): boolean {
    return this.#steps.value.length > 0
  }

  /** Resolves when all that was said until now is kept, rejects where some of it could not be. */
  get kept(): Promise<void> {
    return this.#labels.kept
  }

  count(ask: () => Promise<Counts>): Promise<void> {
    return this.#labels.count(ask)
  }

  /** The picture of a frame is shown; null while one is on its way. */
  see(frame: string | null) {
    this.#seen.value = frame
  }

  /** Other frames; what was said of the ones before can still be taken back. */
  show(frames: FrameBody[]) {
    this.#layOut(frames, frames)
    this.#selection.value = at(Math.max(0, nextPlace(at(-1), this.#shownLabels())))
  }

  append(frames: FrameBody[]) {
    this.#layOut([...this.#laidOut.value, ...frames], frames)
  }

  /** @param extend as Shift does */
  moveTo(place: number, extend = false) {
    this.#selection.value = moved(this.#selection.value, place, this.#laidOut.value.length, extend)
  }

  moveBy(places: number, extend = false) {
    this.moveTo(this.#selection.value.at + places, extend)
  }

  /** Says what the selected frames show, and goes on to the next one. */
  label(state: string) {
    const frames = this.#selected()
    if (frames.length === 0 || !this.isSeen.value) return
    const step = {
      labels: new Map(frames.map(({ id }) => [id, state])),
      before: new Map(frames.map(({ id, label }) => [id, label])),
    }
    this.#steps.value = [...this.#steps.value, step].slice(-MOST_STEPS)
    this.#labels.say(step.labels, (error, count) => {
      this.#steps.value = without(step, this.#steps.value)
      this.#onFailed(error, count)
    })
    this.#selection.value = at(nextPlace(this.#selection.value, this.#shownLabels()))
  }

  /** Takes back what was said last, and goes there. */
  undo() {
    const step = this.#steps.value.at(-1)
    if (!step) return
    this.#steps.value = this.#steps.value.slice(0, -1)
    this.#labels.say(step.before, this.#onFailed)
    const place = this.#laidOut.value.findIndex(({ id }) => step.before.has(id))
    if (place >= 0) this.#selection.value = at(place)
  }

  #layOut(frames: FrameBody[], fresh: FrameBody[]) {
    this.#labels.know(new Map(fresh.map(({ id, label }) => [id, label])))
    this.#laidOut.value = unique(frames)
  }

  #selected(): FrameBody[] {
    const [first, last] = rangeOf(this.#selection.value)
    return this.frames.value.slice(first, last + 1)
  }

  #shownLabels(): (string | null)[] {
    return this.frames.value.map(({ label }) => label)
  }
}

/** Each frame once, without those that cannot be looked at. */
function unique(frames: FrameBody[]): FrameBody[] {
  const usable = frames.filter(({ outcome }) => outcome !== 'refused')
  return [...new Map(usable.map((frame) => [frame.id, frame])).values()]
}

/** The steps but one that was not kept: what was said over it goes back to what stood there before both. */
function without({ labels }: Step, steps: Step[]): Step[] {
  const failed = steps.find((step) => step.labels === labels)
  if (!failed) return steps
  const open = new Map(failed.before)
  const later = steps.slice(steps.indexOf(failed) + 1).map((step) => {
    const before = new Map(step.before)
    for (const id of step.before.keys()) {
      const label = open.get(id)
      if (label !== undefined) before.set(id, label)
      open.delete(id)
    }
    return { ...step, before }
  })
  return [...steps.slice(0, steps.indexOf(failed)), ...later]
}
