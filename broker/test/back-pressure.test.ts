import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { IngestBudget } from '../src/ingest-budget.ts'
import { connectPacket, publishPacket, RawClient } from './raw-client.ts'
import { codes, connect, gate, PASSWORD, startBroker, until } from './start-broker.ts'

const FRAME = Buffer.alloc(100_000, 0xd8)
const BUDGET = 1_000_000
const PUBLISHERS = 4

setFlagsFromString('--expose-gc')
const collectGarbage: () => void = runInNewContext('gc')

/** Bytes of buffers that somebody still holds. */
function memoryInUse(): number {
  // What one collection finds is given back by the next.
  collectGarbage()
  collectGarbage()
  return process.memoryUsage().arrayBuffers
}

test('memory stays bounded while publishers outrun the disk, and every frame is acknowledged in the end', async () => {
  let most = 0
  const stored = gate()
  const { broker, port, heard } = await startBroker(
    {
      onFrame: async () => {
        most = Math.max(most, broker.stats().bytesInIngest)
        await stored.opened
      },
    },
    { ingestBytes: BUDGET },
  )
  const clients = await Promise.all(Array.from({ length: PUBLISHERS }, (_, i) => RawClient.admitted(port, `pi${i}`)))
  const packets = clients.map((_, i) => publishPacket(`ajar/pi${i}/cam/frame`, FRAME))
  const before = memoryInUse()
  // 40 MB are on their way to a budget of 1 MB; each client sends the same bytes, which it holds only once.
  for (const [i, client] of clients.entries()) for (let n = 0; n < 100; n += 1) client.send(packets[i] as Buffer)
  await until(() => broker.stats().pausedConnections === PUBLISHERS)
  // Each sender's frame that began to arrive before the budget was full may reach over it.
  expect(most).toBeLessThanOrEqual(BUDGET + PUBLISHERS * (FRAME.length + 1024))
  expect(memoryInUse() - before).toBeLessThan(2 * BUDGET)
  stored.open()
  for (const client of clients) expect(await client.take(400)).toHaveLength(400)
  expect(broker.stats()).toMatchObject({ framesTotal: 400, pausedConnections: 0, publishesInIngest: 0 })
  expect(heard.events).toEqual([])
})

test('a disk that takes one frame at a time: at no moment more memory than twice the budget', async () => {
  let disk = Promise.resolve()
  let stored = 0
  let most = 0
  let before = 0
  const write = async () => {
    await new Promise((resolve) => setTimeout(resolve, 1))
    stored += 1
    if (stored % 20 === 0) most = Math.max(most, memoryInUse() - before)
  }
  const onFrame = () => {
    disk = disk.then(write)
    return disk
  }
  const { broker, port } = await startBroker({ onFrame }, { ingestBytes: BUDGET })
  const client = await RawClient.admitted(port, 'pi')
  const frame = publishPacket('ajar/pi/cam/frame', FRAME)
  before = memoryInUse()
  // 20 MB in one go.
  for (let n = 0; n < 200; n += 1) client.send(frame)
  await client.take(200 * 4)
  expect(most).toBeGreaterThan(BUDGET / 2)
  expect(most).toBeLessThan(2 * BUDGET)
  expect(broker.stats()).toMatchObject({ framesTotal: 200, bytesInIngest: 0 })
})

test('a packet that is only half here counts, until it is whole or its sender is gone', async () => {
  const { broker, port } = await startBroker({}, { ingestBytes: 300_000 })
  const slow = await RawClient.admitted(port, 'slow')
  slow.send(publishPacket('ajar/slow/cam/frame', Buffer.alloc(1_000_000)).subarray(0, 400_000))
  await until(() => broker.stats().bytesInIngest >= 300_000)
  const sender = await RawClient.admitted(port, 'pi')
  sender.send(publishPacket('ajar/pi/cam/frame', FRAME))
  await until(() => broker.stats().pausedConnections === 1)
  slow.socket.destroy()
  expect(await sender.take(4)).toHaveLength(4)
})

test('paused for a third of its keepalive, a sender is disconnected; a subscriber is not paused', async () => {
  const stored = gate()
  const { broker, port, heard } = await startBroker({ onFrame: () => stored.opened }, { ingestBytes: 1000 })
  const subscriber = await connect(port, 'token')
  const sender = await RawClient.open(port)
  sender.send(connectPacket({ clientId: 'pi', username: 'pi', password: PASSWORD, keepalive: 1 }))
  await sender.take(4)
  for (let i = 1; i < 9; i += 1) sender.send(publishPacket('ajar/pi/cam/frame', FRAME, i))
  await sender.closed
  expect(codes(heard)).toEqual(['paused_too_long'])
  await subscriber.subscribeAsync('ajar/#')
  expect(broker.stats().pausedConnections).toBe(0)
  stored.open()
})

test('a subscription and a ping get through while frames of others wait', async () => {
  const stored = gate()
  const { broker, port } = await startBroker({ onFrame: () => stored.opened }, { ingestBytes: 1000 })
  const sender = await connect(port, 'pi')
  const sent = [1, 2, 3, 4, 5].map((i) => sender.publishAsync(`ajar/pi/cam/frame/${i}`, FRAME, { qos: 1 }))
  await until(() => broker.stats().pausedConnections === 1)
  const other = await connect(port, 'other')
  await other.subscribeAsync('ajar/other/#')
  stored.open()
  await Promise.all(sent)
})

test('waiting ends in the order it began, when half of the budget is free', async () => {
  const budget = new IngestBudget(10_000)
  const works = [gate(), gate(), gate()]
  const done = works.map(({ opened }) => budget.during(3900, () => opened))
  const woken: string[] = []
  budget.wait(() => woken.push('first'))
  const giveUp = budget.wait(() => woken.push('gave up'))
  budget.wait(() => woken.push('second'))
  giveUp()
  expect(budget.full).toBe(true)
  works[0]?.open()
  await done[0]
  expect(woken).toEqual([])
  works[1]?.open()
  await done[1]
  expect(woken).toEqual(['first', 'second'])
})
