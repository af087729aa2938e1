import type { EngineDriver } from './engine.ts'
import { onnxModel } from './onnx-model.ts'

/**
 * ONNX Runtime's native CPU kernels: the fastest engine where it loads. Its package carries the binaries of x64 and
 * arm64; its install script, which would download CUDA ones, never runs (allowBuilds).
 */
export const onnxruntime: EngineDriver = {
  name: 'onnxruntime',
  async open(backbone, threads) {
    const { InferenceSession, Tensor } = await import('onnxruntime-node')
    const session = await InferenceSession.create(onnxModel(backbone), {
      executionProviders: ['cpu'],
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
    })
    const { size } = backbone.graph.input
    return {
      async embed(rgb) {
        const { features } = await session.run({ pixels: new Tensor('uint8', rgb, [1, size, size, 3]) })
        return features?.data as Float32Array
      },
      async close() {
        await session.release()
      },
    }
  },
}
