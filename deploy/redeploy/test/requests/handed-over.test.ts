import { fork } from 'node:child_process'
import { once } from 'node:events'
import { createServer, connect as dial } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { expect, onTestFinished, test } from 'vitest'

const TAKES = join(import.meta.dirname, 'takes.ts')

async function taker() {
  const child = fork(TAKES)
  onTestFinished(() => void child.kill('SIGKILL'))
  const server = createServer({ pauseOnConnect: true }, (connection) => child.send('connection', connection))
  onTestFinished(() => void server.close())
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as { port: number }
  const ask = (word: string) => {
    const connection = dial(port, '127.0.0.1')
    connection.write(word)
    return text(connection)
  }
  return { child, ask }
}

const saying = (child: ReturnType<typeof fork>) => once(child, 'message').then(([message]) => message as object)

test('it says how many reached it, and ends when the watchdog has handed over no more', async () => {
  const { child, ask } = await taker()
  const goesOn = saying(child)
  expect(await ask('first')).toBe('taken')
  expect(await goesOn).toEqual({ goesOn: true })
  const done = saying(child)
  expect(await ask('last')).toBe('taken')
  expect(await done).toEqual({ done: 2 })
  child.send({ end: true })
  expect(await once(child, 'exit')).toEqual([0, null])
})

test('what arrives meanwhile has it go on', async () => {
  const { child, ask } = await taker()
  const done = saying(child)
  expect(await ask('last')).toBe('taken')
  expect(await done).toEqual({ done: 1 })
  const goesOn = saying(child)
  expect(await ask('one more')).toBe('taken')
  expect(await goesOn).toEqual({ goesOn: true })
  expect(child.exitCode).toBeNull()
})
