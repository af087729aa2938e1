import { FrameStore } from '../src/database/frames/frame-store.ts'

/** Stores frames until it is killed, and prints the time of each one that is stored: `node frame-store-child.ts FOLDER`. */

const [, , folder = ''] = process.argv
const store = await FrameStore.open(folder, () => {})
for (let round = 0; ; round++) {
  const puts = Array.from({ length: 8 }, async (_, i) => {
    const jpeg = new Uint8Array(50_000).fill(round % 256)
    const put = await store.put({ camera: 'pi/cam', capturedAt: 1 + round * 8 + i, receivedAt: 1, dup: false, jpeg })
    process.stdout.write(`${put.frame.capturedAt}\n`)
  })
  await Promise.all(puts)
}
