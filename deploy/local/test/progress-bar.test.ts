import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { ProgressBar, printLine } from '../src/progress-bar.ts'

const CLEAR = '\r\x1b[2K'

let shown: string
const isTTY = Object.getOwnPropertyDescriptor(process.stdout, 'isTTY')
const onTerminal = (value: boolean) => Object.defineProperty(process.stdout, 'isTTY', { value, configurable: true })
const print = (line: string) => {
  shown += `${line}\n`
}

beforeEach(() => {
  shown = ''
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    shown += text
    return true
  })
})
afterEach(() => {
  vi.restoreAllMocks()
  if (isTTY) Object.defineProperty(process.stdout, 'isTTY', isTTY)
  else Reflect.deleteProperty(process.stdout, 'isTTY')
})

test('on a terminal a line that comes meanwhile stands above the bar, and none stands beside it', () => {
  onTerminal(true)
  const progress = new ProgressBar('training')
  printLine('before', print)
  progress.show('label', 0.5)
  printLine('meanwhile', print)
  progress.end()
  printLine('after', print)
  const drawn = `training [${'#'.repeat(14)}${'.'.repeat(14)}]  50 % label`
  expect(shown).toBe(`before\n${CLEAR}${drawn}${CLEAR}meanwhile\n${drawn}${CLEAR}after\n`)
})

test('elsewhere it is a line each quarter', () => {
  onTerminal(false)
  const progress = new ProgressBar('training')
  for (const fraction of [0, 0.1, 0.3, 0.4, 1]) progress.show('label', fraction)
  printLine('meanwhile', print)
  progress.end()
  expect(shown.split('\n').map((line) => line.slice(-12))).toEqual([
    ...['  0 % label', ' 30 % label', '100 % label'].map((end) => expect.stringContaining(end)),
    'meanwhile',
    '',
  ])
})
