import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { type Classified, Classifier, type ClassifierPorts } from '../src/classify/classifier.ts'
import type { ClassifyAnswer, ClassifyPool } from '../src/classify/classify-pool.ts'
import type { StoredFrame } from '../src/database/frames/frame-store.ts'

const FAILED: ClassifyAnswer = { kind: 'failed', message: 'no such model' }
const PREDICTED = { kind: 'predicted', latencyMs: 1 } as ClassifyAnswer

const frame = (capturedAt: number): StoredFrame => ({
  camera: 'pi/a',
  capturedAt,
  receivedAt: Date.now(),
  storedAt: Date.now(),
  size: 1,
  sha256: new Uint8Array(),
  file: 'a.db',
  row: capturedAt,
})

/** A classifier whose threads answer what they are told, on a clock that is moved by hand. */
async function start(more: Partial<ClassifierPorts> = {}) {
  const told = {
    answer: FAILED as ClassifyAnswer,
    tries: [] as number[],
    failed: 0,
    damaged: 0,
    recorded: [] as Classified[],
  }
  const pool = {
    capacity: 2,
    classify: async ({ stored }: { stored: StoredFrame }) => {
      told.tries.push(stored.capturedAt)
      return told.answer
    },
  } as unknown as ClassifyPool
  const classifier = new Classifier({
    pool,
    modelOf: () => ({ id: 'pi/a@1', folder: '' }),
    record: async (classified) => told.recorded.push(classified) > 0,
    pending: async () => [],
    pendingCounts: async () => [],
    restoreCamera: async () => {},
    maxPendingAgeMs: Number.POSITIVE_INFINITY,
    onFailed: () => void told.failed++,
    onDamaged: () => void told.damaged++,
    ...more,
  })
  await classifier.start()
  return { classifier, told }
}

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())
const pass = (seconds: number) => vi.advanceTimersByTimeAsync(seconds * 1000)

describe('a frame that the threads cannot do', () => {
  test('is tried again ever more seldom, waits meanwhile, and ends when it works', async () => {
    const { classifier, told } = await start()
    classifier.add(frame(1))
    await pass(4)
    expect([told.tries.length, classifier.waiting]).toEqual([1, 1])
    await pass(12) // after 5 s and 10 s
    expect(told.tries).toHaveLength(3)
    await pass(600)
    const { length } = told.tries
    await pass(600)
    expect(told.tries.length - length).toBe(10) // at most a minute apart
    told.answer = PREDICTED
    await pass(60)
    expect(told.recorded.map(({ answer }) => answer.kind)).toEqual(['predicted'])
    expect(classifier.waiting).toBe(0)
  })

  test('is skipped when it has waited too long', async () => {
    const { classifier, told } = await start({ maxPendingAgeMs: 20_000 })
    classifier.add(frame(1))
    await pass(19)
    expect(told.recorded).toEqual([])
    await pass(3)
    expect(told.recorded.map(({ answer }) => answer.kind)).toEqual(['skipped'])
    expect(classifier.waiting).toBe(0)
    const { length } = told.tries
    await pass(120)
    expect(told.tries).toHaveLength(length)
  })

  test('is told of once per model, until the model works', async () => {
    const { classifier, told } = await start()
    for (let i = 1; i <= 10; i++) classifier.add(frame(i))
    await pass(60)
    expect(told.failed).toBe(1)
    told.answer = PREDICTED
    await pass(60)
    expect(told.recorded).toHaveLength(10)
    told.answer = FAILED
    classifier.add(frame(11))
    await pass(1)
    expect(told.failed).toBe(2)
  })

  test('leaves the rest of a camera whose frames all fail waiting', async () => {
    const { classifier, told } = await start()
    for (let i = 1; i <= 200; i++) classifier.add(frame(i))
    await pass(1)
    expect(told.tries.length).toBeLessThan(70)
    expect(classifier.waiting).toBe(200)
    told.answer = PREDICTED
    await pass(60)
    expect(told.recorded).toHaveLength(200)
  })
})

test('frames whose model is damaged end at once, without one, and it is told once until it can be asked again', async () => {
  const { classifier, told } = await start()
  told.answer = { kind: 'damaged', message: 'weights.bin is missing' }
  for (let i = 1; i <= 5; i++) classifier.add(frame(i))
  await pass(1)
  expect(told.recorded.map(({ answer, model }) => [answer.kind, model])).toEqual(Array(5).fill(['no_model', null]))
  expect([told.damaged, told.failed, classifier.waiting]).toEqual([1, 0, 0])
  expect(classifier.damageOf('pi/a@1')).toBe('weights.bin is missing')
  told.answer = PREDICTED
  classifier.add(frame(6))
  await pass(1)
  expect(classifier.damageOf('pi/a@1')).toBe(null)
  told.answer = { kind: 'damaged', message: 'again' }
  classifier.add(frame(7))
  await pass(1)
  expect(told.damaged).toBe(2)
})

test('cameras of pending frames are restored before their frames are classified', async () => {
  const known = new Set<string>()
  const { told, classifier } = await start({
    pendingCounts: async () => [{ camera: 'pi/a', count: 1 }],
    pending: async () => [frame(1)],
    restoreCamera: async (camera) => void known.add(camera),
    modelOf(camera) {
      if (!known.has(camera)) throw new Error(`the camera ${camera} is not there`)
      return null
    },
  })
  await pass(1)
  expect(told.recorded.map(({ answer }) => answer.kind)).toEqual(['no_model'])
  expect(classifier.waiting).toBe(0)
})
