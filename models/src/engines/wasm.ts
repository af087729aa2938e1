import type { EngineDriver } from './engine.ts'
import { startTensorFlow } from './tensorflow.ts'
import { openGraph } from './tensorflow-graph.ts'

/** TensorFlow.js on WebAssembly: slower, but it runs wherever Node does. Always one thread: tfjs has no more in Node. */
export const wasm: EngineDriver = {
  name: 'wasm',
  open: async (backbone) => openGraph(await startTensorFlow(), backbone),
}
