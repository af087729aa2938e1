import { describe, expect, test } from 'vitest'
import { PendingQueue } from '../src/classify/queue.ts'
import type { StoredFrame } from '../src/database/frames/frame-store.ts'

const frame = (camera: string, capturedAt: number, receivedAt = capturedAt): StoredFrame => ({
  camera,
  capturedAt,
  receivedAt,
  storedAt: receivedAt,
  size: 1,
  sha256: new Uint8Array(),
  file: 'a.db',
  row: capturedAt,
})

function queueOf(camera: string, times: number[]): PendingQueue {
  const queue = new PendingQueue()
  for (const time of times) queue.add(frame(camera, time))
  return queue
}

function takeAll(queue: PendingQueue): string[] {
  const taken: string[] = []
  for (let next = queue.take(); next; next = queue.take()) taken.push(`${next.camera} ${next.capturedAt}`)
  return taken
}

const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i)

describe('which frame is next', () => {
  test('a camera that keeps up is served in capture order, whatever the order of arrival', () => {
    expect(takeAll(queueOf('a', [3, 1, 2]))).toEqual(['a 1', 'a 2', 'a 3'])
  })

  test('a camera that fell behind has its newest frame served first', () => {
    const queue = queueOf('a', range(1, 20))
    expect([queue.take()?.capturedAt, queue.take()?.capturedAt]).toEqual([20, 19])
    queue.add(frame('a', 21))
    expect(queue.take()?.capturedAt).toBe(21)
  })

  test('and in order again once it has caught up', () => {
    const taken = takeAll(queueOf('a', range(1, 20))).map((line) => Number(line.slice(2)))
    expect(taken.slice(-8)).toEqual(range(1, 8))
    expect(taken.toSorted((a, b) => a - b)).toEqual(range(1, 20))
  })

  test('cameras take turns: one that sends much does not starve another', () => {
    const queue = queueOf('busy', range(1, 100))
    queue.add(frame('quiet', 7))
    expect([queue.take(), queue.take()].map((one) => one?.camera)).toEqual(['busy', 'quiet'])
  })
})

describe('memory', () => {
  test('is bounded: what does not fit is known to lie in the frames files', () => {
    const queue = queueOf('a', range(1, 2000))
    expect(queue.size).toBe(500)
    expect(queue.hungry()).toBeNull()
    expect(takeAll(queue)[0]).toBe('a 2000')
    expect(queue.hungry()).toBe('a')
    expect(queue.has('a')).toBe(true)
  })

  test('an older frame than all of a full camera waits in the files', () => {
    const queue = queueOf('a', range(1001, 1500))
    queue.add(frame('a', 5))
    expect(takeAll(queue)).not.toContain('a 5')
    expect(queue.hungry()).toBe('a')
  })

  test('a refill brings back what the files hold, each frame once, until they hold no more', () => {
    const queue = new PendingQueue()
    queue.markMore('a')
    queue.refill('a', [frame('a', 2), frame('a', 1)], true)
    queue.refill('a', [frame('a', 2)], false)
    expect(takeAll(queue)).toEqual(['a 1', 'a 2'])
    expect(queue.has('a')).toBe(false)
    expect(queue.hungry()).toBeNull()
  })

  test('a camera whose files turn out empty is not asked for again', () => {
    const queue = new PendingQueue()
    queue.markMore('a')
    queue.refill('a', [], false)
    expect(queue.hungry()).toBeNull()
  })
})

test('frames that waited too long are taken out, by the time they were received', () => {
  const queue = new PendingQueue()
  queue.add(frame('a', 1, 5000))
  queue.add(frame('a', 9000, 100))
  queue.add(frame('b', 3, 4999))
  expect(queue.takeExpired(5000).map(({ capturedAt }) => capturedAt)).toEqual([9000, 3])
  expect(takeAll(queue)).toEqual(['a 1'])
})
