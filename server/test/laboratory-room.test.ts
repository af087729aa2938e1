import { expect, onTestFinished, test } from 'vitest'
import { openDatabases } from '../src/database/open-databases.ts'
import { Room } from '../src/datasessions/execution/room.ts'
import { createLog } from '../src/logging/logging.ts'
import { temporaryFolder } from './temporary-folder.ts'

/** Room for 100 bytes, of which pictures that were made to be looked at take some. */
async function open(rendered = 0) {
  const dataDir = await temporaryFolder(onTestFinished)
  const closers: (() => unknown)[] = []
  onTestFinished(async () => {
    for (const close of closers.reverse()) await close()
  })
  const log = createLog('silent')
  const { database } = await openDatabases({ dataDir, framesFolder: `${dataDir}/frames`, fileBytes: 1e6, log }, closers)
  const renderings = {
    bytes: rendered,
    giveBack: async (bytes: number) => {
      renderings.bytes = Math.max(0, renderings.bytes - bytes)
    },
  }
  const results = { drop: async () => 0 }
  const room = new Room({ database, results, renderings, dataDir, mostBytes: 100, leastFreeBytes: 0 })
  return { room, renderings }
}

test('of several at once no more are kept than there is room for', async () => {
  const { room } = await open()
  const booked = await Promise.all([40, 40, 40, 20].map((bytes) => room.reserve(bytes)))
  expect(booked.map((one) => one !== null)).toEqual([true, true, false, true])
  expect((await room.left()).quota).toBe(0)
  booked[0]?.()
  expect((await room.left()).quota).toBe(40)
})

test('pictures that were made to be looked at count, and give way', async () => {
  const { room, renderings } = await open(90)
  expect(await room.reserve(30)).not.toBeNull()
  expect(renderings.bytes).toBe(70)
  await room.require(60)
  expect(renderings.bytes).toBe(10)
})
