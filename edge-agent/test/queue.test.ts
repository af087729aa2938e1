import { expect, test } from 'vitest'
import { ItemQueue, queuedItem } from '../src/outbox/queue.ts'

const frameOf = (source: string, atMs: number) => queuedItem({ kind: 'frame', source, atMs }, 1)

function queueOf(...frames: [camera: string, atMs: number][]): ItemQueue {
  const queue = new ItemQueue(10_000)
  for (const [camera, time] of frames) queue.add(frameOf(camera, time))
  return queue
}

function takeAll(queue: ItemQueue): string[] {
  const taken: string[] = []
  for (let frame = queue.take(); frame; frame = queue.take()) taken.push(`${frame.source} ${frame.atMs}`)
  return taken
}

test('a short queue keeps its order, whatever order frames came back in', () => {
  expect(takeAll(queueOf(['a', 3], ['a', 1], ['a', 2]))).toEqual(['a 1', 'a 2', 'a 3'])
})

test('cameras take turns', () => {
  expect(takeAll(queueOf(['a', 1], ['a', 2], ['a', 3], ['b', 1]))).toEqual(['a 1', 'b 1', 'a 2', 'a 3'])
})

test('behind a backlog every second frame is a live one, and the backlog still goes in order', () => {
  const queue = queueOf(['a', 0], ['a', 1000], ['a', 2000], ['a', 50_000])
  const taken: (number | undefined)[] = []
  for (const live of [51_000, 52_000, 53_000]) {
    taken.push(queue.take()?.atMs, queue.take()?.atMs)
    queue.add(frameOf('a', live))
  }
  expect(taken).toEqual([50_000, 0, 51_000, 1000, 52_000, 2000])
})

test('without new frames the backlog is not eaten from its new end', () => {
  const backlog = [0, 20_000, 40_000, 60_000].map((time): [string, number] => ['a', time])
  expect(takeAll(queueOf(...backlog))).toEqual(['a 60000', 'a 0', 'a 20000', 'a 40000'])
})

test('the oldest frame is dropped first, across cameras and parked frames', () => {
  const queue = queueOf(['a', 5], ['a', 6], ['b', 3])
  const parked = frameOf('c', 1)
  queue.park(parked, 1000)
  const dropped = () => queue.dropOldest(false)?.atMs
  expect([dropped(), dropped(), dropped(), dropped(), dropped()]).toEqual([1, 3, 5, 6, undefined])
})

test('a parked frame comes back when it is due, in its place', () => {
  const queue = queueOf(['a', 1], ['a', 2])
  const first = queue.take()
  if (first) queue.park(first, 1000)
  queue.unpark(999)
  expect(queue.parked).toBe(1)
  queue.unpark(1000)
  expect(queue.parked).toBe(0)
  expect(takeAll(queue)).toEqual(['a 1', 'a 2'])
})
