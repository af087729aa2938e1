import { availableParallelism } from 'node:os'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { decode, openEngine } from '@ajar/models'

/** A process that only decodes and embeds one picture again and again, on every core: the most this machine can do. */

export interface LoopOrder {
  jpeg: Uint8Array
  seconds: number
  backbone: string
}

export interface LoopReport {
  framesPerSecond: number
}

if (isMainThread) {
  process.once('message', async (order: LoopOrder) => {
    const counts = Array.from({ length: availableParallelism() }, () => inThread(order))
    const frames = (await Promise.all(counts)).reduce((sum, count) => sum + count, 0)
    const report: LoopReport = { framesPerSecond: frames / order.seconds }
    process.send?.(report, () => process.exit(0))
  })
} else {
  parentPort?.postMessage(await count(workerData as LoopOrder))
}

function inThread(order: LoopOrder): Promise<number> {
  const worker = new Worker(new URL(import.meta.url), { workerData: order })
  return new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject))
}

/** Frames done in the time; two at once, so that one is decoded while another is embedded. */
async function count({ jpeg, seconds, backbone }: LoopOrder): Promise<number> {
  const engine = await openEngine({ backbone, threads: 1 })
  const until = performance.now() + seconds * 1000
  let frames = 0
  const lane = async () => {
    while (performance.now() < until) {
      await engine.embed((await decode(jpeg, null)).rgb)
      frames += 1
    }
  }
  await Promise.all([lane(), lane()])
  return frames
}
