import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { teach } from '@ajar/local'
import { expect, onTestFinished, test } from 'vitest'
import { needs } from '../setup/needs.ts'
import { System } from './system.ts'

/** A second camera that looks at the same scene learns from what was said of the first one's frames. */

const DATA = process.env.AJAR_TEST_DATA ?? fileURLToPath(new URL('../../../shared/data', import.meta.url))
const STATES = ['day', 'night']
const LABELS = 6
const APART_MS = 1_800_000

test('a sibling without a label of its own tells day from night on real pictures', {
  timeout: 180_000,
}, async (context) => {
  const folder = join(DATA, 'webcams', 'cam-640x372')
  needs(existsSync(folder), `${folder} is missing: set AJAR_TEST_DATA to a folder that holds webcams/`, context)
  const system = await System.start()
  onTestFinished(() => system.close())
  const { api } = system
  const pictures = STATES.map((state) => {
    const names = readdirSync(join(folder, state)).sort()
    return { state, jpegs: names.map((name) => readFileSync(join(folder, state, name))) }
  })
  const from = Date.now() - 24 * 3_600_000
  const taught = pictures.flatMap(({ state, jpegs }, i) =>
    jpegs.slice(0, LABELS).map((jpeg, k) => ({ state, jpeg, capturedAtMs: from + (k * STATES.length + i) * APART_MS })),
  )
  await teach(api, {
    camera: 'pi/first',
    states: STATES,
    pictures: (async function* () {
      yield* taught.toSorted((a, b) => a.capturedAtMs - b.capturedAtMs)
    })(),
    count: taught.length,
    onProgress: () => {},
  })

  await api.send('PATCH', '/api/cameras/pi/sibling', {})
  await api.send('POST', '/api/cameras/pi/sibling/copy', { from: 'pi/first', what: ['settings', 'states', 'labels'] })
  const { id } = await api.send<{ id: string }>('POST', '/api/training', { camera: 'pi/sibling' })
  const job = await api.finished(id, () => {})
  expect(job.result).toMatchObject({ evaluation: { borrowed: taught.length, judgedOn: 'all' }, activated: true })

  let right = 0
  let all = 0
  for (const { state, jpegs } of pictures)
    for (const jpeg of jpegs.slice(LABELS)) {
      const { frame } = await api.sendJpeg<{ frame: string }>('/api/cameras/pi/sibling/frames', jpeg)
      if ((await system.ended(frame)).result?.best === state) right += 1
      all += 1
    }
  console.log(`a sibling without a label of its own: ${right} of ${all} right`)
  expect(right / all).toBeGreaterThanOrEqual(0.9)
})
