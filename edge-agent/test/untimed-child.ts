/**
 * Keeps items without a time and gives them theirs, until somebody kills it: `node untimed-child.ts FOLDER FIRST_ID BOOT ZERO_MS`.
 * `durable ID` is said of each, `step` when one gets its time.
 */
import { writeSync } from 'node:fs'
import { ItemFiles } from '../src/outbox/files.ts'
import { Outbox } from '../src/outbox/outbox.ts'
import { quiet } from './places.ts'

const [folder = '', first = '1', boot = '', zeroMs = '0'] = process.argv.slice(2)

class TellingFiles extends ItemFiles {
  override async time(...args: Parameters<ItemFiles['time']>): Promise<void> {
    writeSync(1, 'step\n')
    await super.time(...args)
  }
}

const limits = { maxBytes: 1e9, maxFrames: 10_000 }
const outbox = new Outbox({ folder, limits, log: quiet, boot, files: new TellingFiles(folder) })
await outbox.start()
for (let id = Number(first); ; id++) {
  if (await outbox.putUntimed({ kind: 'frame', source: 'cam', monotonicMs: id }, Buffer.from(`${id}`))) {
    writeSync(1, `durable ${id}\n`)
  }
  if (id % 40 === 0) await outbox.giveTimes(Number(zeroMs))
}
