/** A process of its own that asks a freshly built tfjs-node for features, and wasm for the same. Exit code 1: they differ. */
import { BACKBONES } from '../src/backbone/backbones.ts'
import { readBackbone } from '../src/backbone/graph.ts'
import { openGraph } from '../src/engines/tensorflow-graph.ts'
import { loadTfjsNode } from '../src/engines/tfjs-node.ts'
import { wasm } from '../src/engines/wasm.ts'

/** The same features to 3 decimals: the contract of all engines. */
const MOST_APART = 0.0005

const [folder = ''] = process.argv.slice(2)
const tf = loadTfjsNode(folder)
const rgb = Uint8Array.from({ length: 224 * 224 * 3 }, (_, i) => (i * 7919) % 256)
for (const id of BACKBONES) {
  const backbone = await readBackbone(id)
  const features = await openGraph(tf, backbone).embed(rgb)
  const expected = await (await wasm.open(backbone, 1)).embed(rgb)
  const apart = expected.reduce((most, value, i) => Math.max(most, Math.abs(value - (features[i] ?? Number.NaN))), 0)
  console.log(`${id}: at most ${apart.toExponential(1)} apart`)
  if (!(apart < MOST_APART)) process.exitCode = 1
}
