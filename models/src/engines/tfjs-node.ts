import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import util from 'node:util'
import type { EngineDriver } from './engine.ts'
import { openGraph, type TensorFlow } from './tensorflow-graph.ts'

/**
 * Where `npm run engine -- tfjs-node` puts the package and its native library. It is no dependency: with its library it
 * takes most of a gigabyte, which nobody's first start should wait for.
 */
export const TFJS_NODE_FOLDER = fileURLToPath(new URL('../../native/tfjs-node/', import.meta.url))

/** TensorFlow's own C library. It has one pool of threads for the whole process, as large as the machine has cores. */
export const tfjsNode: EngineDriver = {
  name: 'tfjs-node',
  open: async (backbone) => openGraph(loadTfjsNode(TFJS_NODE_FOLDER), backbone),
}

/**
 * Loads the package that `folder` holds.
 * @throws Error that says what to do where it was never installed, or whatever the package or the linker says.
 */
export function loadTfjsNode(folder: string): TensorFlow {
  if (!existsSync(`${folder}node_modules/@tensorflow/tfjs-node`)) {
    throw new Error('it is not installed; npm run engine -- tfjs-node installs it')
  }
  lendFunctions()
  process.env.TF_CPP_MIN_LOG_LEVEL ??= '2' // its greetings are not lines of our log
  return createRequire(folder)('@tensorflow/tfjs-node') as TensorFlow
}

/** The package calls two functions of `node:util` that Node 23 removed. */
function lendFunctions(): void {
  const functions = util as unknown as Record<string, unknown>
  functions.isNullOrUndefined ??= (value: unknown) => value === null || value === undefined
  functions.isArray ??= Array.isArray
}
