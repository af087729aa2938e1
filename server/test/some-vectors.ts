import { embeddedLength, filesOf, lengthOf, type Model, VECTOR, type VectorHead, type VectorView } from '@ajar/models'
import { zipped } from './model-zips.ts'
import { ADMIN_TOKEN, type RunningServer } from './running-server.ts'

/** Models of vectors by hand: what they say can be told beforehand, and depends on every number that they see. */

/** Of a view of one part. Of what is seen the sum decides: `closed` below zero, `open` above. Measures of a window weigh less than its mean. */
export function headOfSums(view: VectorView, states: [string, string] = ['closed', 'open']): VectorHead {
  const inputs = embeddedLength(view)
  const length = lengthOf(view)
  const kernel = new Float32Array(2 * inputs)
  for (let i = 0; i < inputs; i++) {
    const weight = i % (length * (view.window > 1 ? 3 : 1)) < length ? 1 : 0.1
    kernel[2 * i] = -weight
    kernel[2 * i + 1] = weight
  }
  const layers = [{ kernel, bias: new Float32Array(2) }]
  const scaling = { mean: new Float32Array(inputs), factor: new Float32Array(inputs).fill(1) }
  return {
    states,
    view,
    estimators: [{ name: view.parts[0]?.name ?? '', ...scaling, layers }],
    novelty: { prototypes: new Float32Array(inputs), threshold: 1e9 },
  }
}

function modelOfSums(view: VectorView, states?: [string, string]): Model {
  return {
    ...{ id: 'pi/radio@1', backbone: VECTOR, engine: 'wasm', createdAtMs: 1_795_286_400_000, seed: 1 },
    labels: { digest: '0'.repeat(64), frames: 2, perState: { closed: 1, open: 1 } },
    ...{ region: null, view, head: headOfSums(view, states), evaluation: null, verdict: 'by hand', parent: null },
    testSet: [],
  }
}

/** Gives a sensor that is set up such a model. @returns its id */
export async function teachSums(url: string, sensor: string, view: VectorView, token = ADMIN_TOKEN): Promise<string> {
  const authorization = `Bearer ${token}`
  const zip = new Uint8Array(await zipped(filesOf(modelOfSums(view))))
  const headers = { authorization, 'content-type': 'application/zip' }
  const uploaded = await fetch(`${url}/api/sensors/${sensor}/models`, { method: 'POST', headers, body: zip })
  if (!uploaded.ok) throw new Error(await uploaded.text())
  const { id } = (await uploaded.json()) as { id: string }
  const body = JSON.stringify({ force: true })
  const json = { authorization, 'content-type': 'application/json' }
  const activated = await fetch(`${url}/api/models/${id}/activate`, { method: 'POST', headers: json, body })
  if (!activated.ok) throw new Error(await activated.text())
  return id
}

/** Sets a sensor up, with two states. */
export async function setUp(server: Pick<RunningServer, 'call'>, sensor: string, more: object = {}) {
  const answer = await server.call('PATCH', `/api/sensors/${sensor}`, {
    states: ['closed', 'open'],
    debounce: 1,
    ...more,
  })
  if (answer.status !== 200) throw new Error(JSON.stringify(answer.body))
}
