import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Process } from '@ajar/local'
import { expect, test } from 'vitest'
import { needs } from '../setup/needs.ts'

/** `npm run replay`: a folder of real pictures through a fresh system. */

const REPLAY = fileURLToPath(new URL('../../deploy/local/replay.ts', import.meta.url))
const DATA = process.env.AJAR_TEST_DATA ?? fileURLToPath(new URL('../../../shared/data', import.meta.url))

async function replay(...args: string[]) {
  const lines: string[] = []
  const machine: object[] = []
  const onMachineLine = (line: object) => machine.push(line)
  const run = new Process(REPLAY, args, { onLine: (line) => lines.push(line), onMachineLine })
  const exitCode = await run.ended
  return { exitCode, machine, text: lines.join('\n') }
}

test('day and night of a webcam: the last line is JSON with everything', { timeout: 120_000 }, async (context) => {
  const folder = join(DATA, 'webcams', 'cam-640x372')
  needs(existsSync(folder), `${folder} is missing: set AJAR_TEST_DATA to a folder that holds webcams/`, context)
  const { exitCode, machine, text } = await replay(folder, '--labels', '5')
  expect({ exitCode, text }).toMatchObject({ exitCode: 0 })
  expect(machine).toHaveLength(1)
  const [report] = machine as { balancedAccuracy: number }[]
  const state = { frames: expect.any(Number), correct: expect.any(Number), unknown: expect.any(Number) }
  expect(report).toEqual({
    frames: 31,
    labelled: 10,
    evaluated: 21,
    correct: expect.any(Number),
    unknown: expect.any(Number),
    skipped: 0,
    balancedAccuracy: expect.any(Number),
    perState: {
      day: { ...state, frames: 9, recall: expect.any(Number) },
      night: { ...state, frames: 12, recall: expect.any(Number) },
    },
    engine: expect.stringMatching(/^(onnxruntime|wasm)$/),
    backbone: expect.stringMatching(/^mobilenet/),
    framesPerSecond: expect.any(Number),
    seconds: expect.any(Number),
  })
  expect(report?.balancedAccuracy).toBeGreaterThanOrEqual(0.9)
  expect(text).toMatch(/balanced accuracy/)
})

test.each([
  { what: 'no folder', args: [], says: 'name one folder' },
  { what: 'two folders', args: ['one', 'two'], says: 'name one folder' },
  { what: 'too few labels', args: ['folder', '--labels', '1'], says: '--labels takes a whole number from 2 on' },
  { what: 'an unknown option', args: ['folder', '--fast'], says: '--fast' },
])('$what: exit code 2, what is wrong, and the usage', async ({ args, says }) => {
  const { exitCode, text } = await replay(...args)
  expect(exitCode).toBe(2)
  expect(text).toContain(says)
  expect(text).toContain('Usage: npm run replay -- FOLDER')
})

test('a folder that is not there: exit code 1, and why', async () => {
  const { exitCode, text } = await replay('no-such-folder')
  expect(exitCode).toBe(1)
  expect(text).toMatch(/replay failed: the folder no-such-folder cannot be read/)
})
