import { type BackboneId, DEFAULT_BACKBONE } from '../backbone/backbones.ts'
import { featureLength, readBackbone } from '../backbone/graph.ts'
import { ModelsError } from '../models-error.ts'
import type { Engine, EngineChoice, EngineDriver, SkippedEngine } from './engine.ts'
import { onnxruntime } from './onnxruntime.ts'
import { tfjsNode } from './tfjs-node.ts'
import { wasm } from './wasm.ts'

/** Every engine there is, in the order in which `auto` tries them: one file and one line here. */
export const ENGINES: readonly EngineDriver[] = [onnxruntime, tfjsNode, wasm]

export interface EngineOptions {
  /** default `DEFAULT_BACKBONE` */
  backbone?: BackboneId
  /** default `auto` */
  engine?: EngineChoice
  /** Threads inside one `embed` (default 1: several workers, one thread each, classify more frames a second). */
  threads?: number
}

/**
 * Opens an engine; works in a worker thread too.
 * @throws ModelsError `unknown_backbone` | `unknown_engine` (the caller's), `no_engine` (the environment's).
 */
export async function openEngine(options: EngineOptions = {}): Promise<Engine> {
  const { backbone: id = DEFAULT_BACKBONE, engine = 'auto', threads = 1 } = options
  const drivers = engine === 'auto' ? ENGINES : ENGINES.filter(({ name }) => name === engine)
  if (drivers.length === 0) {
    const known = ENGINES.map(({ name }) => name).join(', ')
    throw new ModelsError('unknown_engine', 'caller', `there is no engine ${engine}; choose auto or one of ${known}`)
  }
  const backbone = await readBackbone(id)
  const skipped: SkippedEngine[] = []
  for (const driver of drivers) {
    try {
      const opened = await driver.open(backbone, threads)
      return { name: driver.name, backbone: id, featureLength: featureLength(backbone.graph), skipped, ...opened }
    } catch (error) {
      skipped.push({ name: driver.name, reason: error instanceof Error ? error.message : String(error) })
    }
  }
  const reasons = skipped.map(({ name, reason }) => `${name}: ${reason}`).join('; ')
  const advice = engine === 'auto' ? 'reinstall the packages' : 'mend that, or let the engine be chosen (auto)'
  throw new ModelsError('no_engine', 'environment', `no inference engine loads here (${reasons}): ${advice}`)
}
