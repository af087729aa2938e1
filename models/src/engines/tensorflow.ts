import { dirname, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

/**
 * Starts TensorFlow.js on its WebAssembly backend, from the package's own files: nothing is downloaded.
 * The second call in a thread returns what the first one started.
 */
export async function startTensorFlow() {
  const tf = await import('@tensorflow/tfjs-core')
  const { setWasmPaths } = await import('@tensorflow/tfjs-backend-wasm')
  if (tf.getBackend() === 'wasm') return tf
  setWasmPaths(dirname(fileURLToPath(import.meta.resolve('@tensorflow/tfjs-backend-wasm'))) + sep)
  // Emscripten's start-up code installs handlers that would decide for the whole process what a crash does.
  const before = new Map(CRASH_EVENTS.map((event) => [event, process.listeners(event)]))
  const started = await tf.setBackend('wasm')
  for (const event of CRASH_EVENTS) {
    for (const listener of process.listeners(event)) {
      if (!before.get(event)?.includes(listener)) process.removeListener(event, listener)
    }
  }
  if (!started) throw new Error('this Node cannot start the WebAssembly backend of TensorFlow.js')
  return tf
}

// The listeners of the two events differ in type, and here they are only compared; 'exit' lends them one.
const CRASH_EVENTS = ['uncaughtException', 'unhandledRejection'] as unknown as 'exit'[]
