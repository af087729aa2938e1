import { readFileSync } from 'node:fs'
import { beforeEach, expect, test } from 'vitest'
import { boxed, needsBoxes, shell } from './boxed.ts'

beforeEach(needsBoxes)

test('where a machine has no memory left, what runs in a box is ended first, and not who made it', async () => {
  const { stdout } = await boxed(
    shell('cat /proc/1/oom_score_adj /proc/$$/oom_score_adj; sh -c "cat /proc/self/oom_score_adj"'),
  )
  expect(stdout).toBe('1000\n1000\n1000\n')
  expect(Number(readFileSync('/proc/self/oom_score_adj', 'utf8'))).toBeLessThan(1000)
})
