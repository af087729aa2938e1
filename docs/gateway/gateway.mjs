/**
 * A gateway beside a sensor: it classifies readings by itself, with the model that ajar's server has trained.
 *
 *     npm install @tensorflow/tfjs-core@4.22.0 @tensorflow/tfjs-layers@4.22.0 @tensorflow/tfjs-backend-cpu@4.22.0
 *     export AJAR_URL=http://server:20002 AJAR_TOKEN=...      # a token of the role viewer
 *     some-source-of-lines | node gateway.mjs door1/csi
 *
 * It reads a JSON list of numbers a line, writes what the model says of each, and asks for a newer model each minute. A model that cannot be had
 * or is damaged is told of, and the one at hand stays.
 */
import { createInterface } from 'node:readline'
import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import { loadLayersModel } from '@tensorflow/tfjs-layers'
import { fetchModel } from './fetch-model.mjs'
import { look } from './look.mjs'

const [sensor] = process.argv.slice(2)
const { AJAR_URL: server, AJAR_TOKEN: token, AJAR_EVERY_S: everyS = '60' } = process.env
if (!sensor || !server || !token) throw new Error('usage: AJAR_URL=... AJAR_TOKEN=... node gateway.mjs DEVICE/SENSOR')

let model = null
let readings = []

/** Takes the server's model, where it is another than the one at hand. */
async function renew() {
  const fetched = await fetchModel({ server, token, sensor, known: model?.sha256 ?? null })
  if (!fetched) return
  const { name, sha256, files } = fetched
  const { states, view, estimators } = JSON.parse(files.get('manifest.json'))
  const { modelTopology, weightsManifest } = JSON.parse(files.get('model.json'))
  const weightData = Uint8Array.from(files.get('weights.bin')).buffer
  const networks = await loadLayersModel({
    load: async () => ({ modelTopology, weightSpecs: weightsManifest[0].weights, weightData }),
  })
  model?.networks.dispose()
  model = { name, sha256, states, view, estimators, networks }
  console.error(`model ${name} ${sha256}`)
}

/** What the model says of the newest reading: an output for each estimator, and the last one tells the state. */
function judged({ name, states, view, estimators, networks }) {
  const outputs = tf.tidy(() =>
    [networks.predict(tf.tensor2d(look(readings, view), [1, networks.inputs[0].shape[1]]))]
      .flat()
      .map((output) => [...output.dataSync()]),
  )
  const probabilities = outputs.at(-1)
  const confidence = Math.max(...probabilities)
  return {
    model: name,
    state: states[probabilities.indexOf(confidence)],
    confidence,
    probabilities: Object.fromEntries(states.map((state, i) => [state, probabilities[i]])),
    estimators: Object.fromEntries(estimators.map((estimator, i) => [estimator.name, outputs[i]])),
  }
}

await renew()
const timer = setInterval(() => renew().catch((error) => console.error(String(error))), Number(everyS) * 1000)
for await (const line of createInterface({ input: process.stdin })) {
  const length = model.view.parts.reduce((sum, part) => sum + part.length, 0)
  const reading = parsed(line)
  if (reading?.length !== length || !reading.every(Number.isFinite)) {
    console.error(`a line is no list of ${length} numbers and is passed over`)
    continue
  }
  readings = [...readings, reading].slice(-model.view.window)
  console.log(JSON.stringify(judged(model)))
}
clearInterval(timer)

function parsed(line) {
  try {
    const value = JSON.parse(line)
    return Array.isArray(value) ? value : null
  } catch {
    return null
  }
}
