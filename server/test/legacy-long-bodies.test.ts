import Fastify from 'fastify'
import { expect, onTestFinished, test } from 'vitest'
import type { Http } from '../src/http/http.ts'
import { olderJson, takeAnyBody } from '../src/legacy/older-body.ts'

const MOST = 64 * 1024

/** In which turn of the event loop each of ten bodies that came together was read. */
async function turnsOf(body: string): Promise<number[]> {
  const http = Fastify()
  onTestFinished(() => http.close())
  takeAnyBody(http as unknown as Http)
  const turns: number[] = []
  http.post('/', async (request) => {
    olderJson(request.body)
    turns.push(turn)
  })
  await http.ready()
  let turn = 0
  let isOver = false
  const count = () => {
    turn += 1
    if (!isOver) setImmediate(count)
  }
  setImmediate(count)
  await Promise.all(Array.from({ length: 10 }, () => http.inject({ method: 'POST', url: '/', payload: body })))
  isOver = true
  return turns
}

test('of many long bodies one is read in each turn of the event loop, short ones as they come', async () => {
  const long = await turnsOf(JSON.stringify('x'.repeat(MOST)))
  expect(long).toHaveLength(10)
  expect(new Set(long).size).toBe(10)
  expect(new Set(await turnsOf('{}')).size).toBeLessThan(10)
})
