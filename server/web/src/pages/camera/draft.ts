import { type ReadonlySignal, type Signal, signal } from '@preact/signals'
import { useEffect, useMemo } from 'preact/hooks'

/**
 * What somebody edits of what the server has. A field that he did not touch follows the server; where he did, and it was
 * changed elsewhere meanwhile, he is asked.
 */
export class Draft<T extends object> {
  readonly fields: { [K in keyof T]: Signal<T[K]> }
  readonly #clashes = signal<(keyof T)[]>([])
  /** As the server has it. */
  #theirs: T

  constructor(theirs: T) {
    this.#theirs = theirs
    const fields = Object.entries(theirs).map(([name, value]) => [name, signal(value)])
    this.fields = Object.fromEntries(fields) as { [K in keyof T]: Signal<T[K]> }
  }

  /** Fields that were changed here and, to something else, elsewhere. */
  get clashes(): ReadonlySignal<(keyof T)[]> {
    return this.#clashes
  }

  /** The server has this now. */
  follow(theirs: T) {
    const before = this.#theirs
    this.#theirs = theirs
    const names = Object.keys(theirs) as (keyof T)[]
    this.#clashes.value = names.filter((name) => {
      const field = this.fields[name]
      if (same(field.peek(), before[name])) field.value = theirs[name]
      if (same(field.peek(), theirs[name])) return false
      return this.#clashes.peek().includes(name) || !same(theirs[name], before[name])
    })
  }

  takeTheirs() {
    for (const name of this.#clashes.peek()) this.fields[name].value = this.#theirs[name]
    this.#clashes.value = []
  }

  keepMine() {
    this.#clashes.value = []
  }
}

/** @param theirs what the server has now; plain values */
export function useDraft<T extends object>(theirs: T): Draft<T> {
  const draft = useMemo(() => new Draft(theirs), [])
  useEffect(() => draft.follow(theirs), [JSON.stringify(theirs)])
  return draft
}

function same(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}
