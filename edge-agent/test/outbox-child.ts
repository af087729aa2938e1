/**
 * Fills an outbox over its bound until somebody kills it: `node outbox-child.ts FOLDER FIRST_ID`. Each line says what it is about to do
 * or has done: `put KIND/SOURCE/ID`, `durable ...`, `deliver ...`; `step` while the counts are written down.
 */
import { writeSync } from 'node:fs'
import { type Gone, ItemFiles } from '../src/outbox/files.ts'
import { Outbox } from '../src/outbox/outbox.ts'
import { quiet } from './places.ts'

const [folder = '', first = '1'] = process.argv.slice(2)
const sources = [
  { kind: 'frame', source: 'cam' },
  { kind: 'frame', source: 'other' },
  { kind: 'reading', source: 'cam' },
] as const
const say = (what: string, item: { kind: string; source: string; atMs: number }) =>
  writeSync(1, `${what} ${item.kind}/${item.source}/${item.atMs}\n`)

class TellingFiles extends ItemFiles {
  override async writeRecord(name: string, record: unknown): Promise<void> {
    writeSync(1, 'step\n')
    await super.writeRecord(name, record)
    writeSync(1, 'step\n')
  }

  override async bury(gone: Gone): Promise<void> {
    writeSync(1, 'step\n')
    await super.bury(gone)
  }
}

const limits = { maxBytes: 1e9, maxFrames: 60 }
const outbox = new Outbox({ folder, limits, log: quiet, files: new TellingFiles(folder) })
await outbox.start()
// The oldest leave as if they were sent, the important ones among them: some that are not are left to be dropped.
for (let i = 0; i < 20; i++) {
  const item = outbox.take()
  if (!item) break
  say('deliver', item)
  await outbox.delivered(item)
}
for (let id = Number(first); ; id += 4) {
  const puts = [0, 1, 2, 3].map(async (i) => {
    const source = sources[(id + i) % sources.length] ?? sources[0]
    const item = { ...source, atMs: id + i }
    say('put', item)
    if (await outbox.put(item, Buffer.alloc(500, id), { important: (id + i) % 10 === 0 })) say('durable', item)
  })
  if (id % 5 === 0) outbox.protect({ fromMs: id - 8, toMs: id - 6 }, 'cam')
  await Promise.all(puts)
}
