import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { openStateDatabase } from '../src/database/state-database.ts'
import { Receiver } from './receiver.ts'
import { addRule, SECRET } from './rule-with-webhook.ts'
import { until } from './running-server.ts'
import { temporaryFolder } from './temporary-folder.ts'

const CHILD = join(import.meta.dirname, 'webhook-child.ts')

async function begun(upTo: number) {
  const folder = await temporaryFolder(onTestFinished)
  const to = await Receiver.start(onTestFinished, SECRET)
  const database = await openStateDatabase(folder)
  await addRule(database, 'rule', to.url)
  await database.close()
  let child: ChildProcess | null = null
  const kill = async () => {
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    child.kill('SIGKILL')
    await once(child, 'exit')
  }
  onTestFinished(kill)
  const start = () => {
    child = spawn(process.execPath, [CHILD, folder, String(upTo)], { stdio: ['ignore', 'inherit', 'inherit'] })
  }
  return { folder, to, start, kill }
}

/** As a receiver reads them that knows messages by their ids. */
const distinct = (to: Receiver) => [...new Map(to.received.map(({ id, message }) => [id, message?.data.n])).values()]

test('killed after its receiver has it, and before it knows that, a message comes again under its id', async () => {
  const { to, start, kill } = await begun(1)
  to.answer = () => {}
  start()
  await until(() => to.received.length === 1)
  await kill()
  to.answer = (response) => response.writeHead(200).end()
  start()
  await until(() => to.received.length === 2)
  expect(distinct(to)).toEqual([1])
})

test('killed again and again, each message comes at least once, in order', { timeout: 120_000 }, async () => {
  const COUNT = 60
  const { folder, to, start, kill } = await begun(COUNT)
  let [calls, killAt] = [0, 3]
  to.answer = (response) => {
    calls += 1
    // Before the answer, while it is on its way, or when it is there.
    if (calls === killAt && calls % 2 === 1) return void kill()
    response.writeHead(200).end(() => void (calls === killAt && kill()))
  }
  while (distinct(to).length < COUNT) {
    const { length } = to.received
    killAt = calls + 4 + (length % 5)
    start()
    await until(() => calls >= killAt || distinct(to).length === COUNT)
    if (calls >= killAt) await kill()
  }
  await kill()
  expect(distinct(to)).toEqual(Array.from({ length: COUNT }, (_, i) => i + 1))
  const database = await openStateDatabase(folder)
  onTestFinished(() => database.close())
  const left = await database.read.selectFrom('webhook_outbox').select('id').execute()
  // At most the one that it was told of last.
  expect(left.length).toBeLessThanOrEqual(1)
})
