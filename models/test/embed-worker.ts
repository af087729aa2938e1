import { parentPort, workerData } from 'node:worker_threads'
import { openEngine } from '../src/index.ts'

const engine = await openEngine({ engine: workerData.engine })
const features = await engine.embed(new Uint8Array(224 * 224 * 3).fill(90))
await engine.close()
parentPort?.postMessage(Array.from(features.subarray(0, 8)))
