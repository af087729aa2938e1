import { expect, test } from 'vitest'
import { Predictions, type PredictionsPorts } from '../src/legacy/predictions.ts'

/** What models of one test reading each said, by their ids. */
const SAID: Record<string, { createdAtMs: number; estimators: string[] }> = {
  'legacy/csi@1': { createdAtMs: 1, estimators: ['amplitude', 'phase', 'fused'] },
  'legacy/rssi@1': { createdAtMs: 2, estimators: ['value'] },
}

function predictionsOf(active: Record<string, string>) {
  const find = (source: string) => (active[source] ? { activeModel: active[source] } : null)
  const model = async (id: string) => {
    const { createdAtMs = 0, estimators = [] } = SAID[id] ?? {}
    const said = { state: '15', confidence: 0.75, probabilities: [0.25, 0.75] }
    const details = {
      expected: 11.25,
      interval: null,
      estimators: Object.fromEntries(estimators.map((n) => [n, said])),
    }
    return { createdAtMs, testSet: [{ details }] }
  }
  return new Predictions({ find, model } as unknown as PredictionsPorts)
}

test('test predictions are those of the newest model, of CSI or of RSSI, which has one estimator', async () => {
  expect(await predictionsOf({}).ofTest()).toBeNull()
  const both = { 'legacy/csi': 'legacy/csi@1', 'legacy/rssi': 'legacy/rssi@1' }
  for (const active of [both, { 'legacy/rssi': 'legacy/rssi@1' }, { 'legacy/csi': 'legacy/csi@1' }]) {
    const said = JSON.parse((await predictionsOf(active).ofTest()) ?? 'null')
    expect(said).toMatchObject({
      TEST_PREDICTION_M: [15],
      TEST_PREDICTION_P: [15],
      TEST_PREDICTION_CLASS: [[0.25, 0.75]],
    })
  }
})
