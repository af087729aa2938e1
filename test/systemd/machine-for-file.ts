import { beforeAll, beforeEach } from 'vitest'
import { afterFile } from '../setup/after-file.ts'
import { needs } from '../setup/needs.ts'
import { Machine, whyNoMachine } from './machine.ts'

const LIMIT_MS = 240_000

/**
 * A machine for all tests of a file, which say why they are skipped where there can be none.
 * @param prepare is told of it before the first test
 */
export function machineForFile(prepare: (machine: Machine) => void | Promise<void>): void {
  const trouble = whyNoMachine()
  beforeAll(async () => {
    if (trouble !== null) return
    const machine = await Machine.start()
    afterFile(() => machine.close())
    await prepare(machine)
  }, LIMIT_MS)
  beforeEach((context) => needs(trouble === null, trouble ?? '', context))
}
