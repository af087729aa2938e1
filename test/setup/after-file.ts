import { afterAll } from 'vitest'

const undos: (() => Promise<void>)[] = []
// Here, where vitest collects a file's hooks: an `afterAll` that is called within `beforeAll` never runs.
afterAll(async () => {
  for (const undo of undos.splice(0).reverse()) await undo()
})

/** Registers what takes something away when all tests of the file have ended, the last one first. */
export function afterFile(undo: () => Promise<void>): void {
  undos.push(undo)
}
