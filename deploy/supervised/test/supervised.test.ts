import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'

test('a process beats while it starts, whether or not its work advances yet', async () => {
  const child = fork(join(import.meta.dirname, 'starting.ts'))
  onTestFinished(() => void child.kill('SIGKILL'))
  const [word] = await once(child, 'message')
  expect(word).toEqual({ heartbeat: true })
})
