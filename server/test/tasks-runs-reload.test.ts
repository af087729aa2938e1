import { expect, test } from 'vitest'
import { until } from './running-server.ts'
import { sh, startTasks } from './some-task-runs.ts'

/** What stood in the folder, from when to when. */
interface Stood {
  /** A version; `broken`, or `gone`. */
  what: string
  from: number
  to: number
}

/** What a call came to, and when it was asked for and answered. */
interface Answered {
  what: string
  said: string
  asked: number
  answered: number
}

const CALLERS = 2

test('tasks are edited, broken, mended, removed and added while they are called: each answer is of what was there', {
  timeout: 120_000,
}, async () => {
  const { write, remove, call, ended } = await startTasks()
  const stood: Stood[] = []
  const answers: Answered[] = []
  /** Until somebody who asked later has seen it. What lies there is known from before to after it was put there. */
  const put = async (what: string, change: () => void) => {
    const from = Date.now()
    change()
    const there = Date.now()
    const before = stood.at(-1)
    if (before) before.to = there
    stood.push({ what, from, to: Number.POSITIVE_INFINITY })
    await until(() => answers.some(({ asked }) => asked >= there))
  }
  const version = (what: string) => put(what, () => write('it.py', `def task(params):\n    return "${what}"\n`, 0o644))
  let isOver = false
  write('steady', sh('value=1'))
  const callers = Array.from({ length: CALLERS }, async () => {
    while (!isOver) {
      const asked = Date.now()
      const { status, body } = await call('it')
      const run = status === 202 ? await ended(body.id) : null
      const error = run ? run.error : body.error
      const gone = error?.code === 'not_found' || /No such file|not there/.test(error?.message ?? '')
      const what = run?.result ? String(run.result.value) : gone ? 'gone' : 'broken'
      answers.push({ what, said: error?.message ?? '', asked, answered: Date.now() })
    }
  })
  await version('first')
  for (let round = 0; round < 2; round++) {
    await version(`edited ${round}`)
    await put('broken', () => write('it.py', 'def task(params:\n', 0o644))
    await version(`mended ${round}`)
    await put('gone', () => remove('it.py'))
    // Others are not held up.
    expect(await ended((await call('steady')).body.id)).toMatchObject({ state: 'done', result: { value: 1 } })
    await version(`added ${round}`)
  }
  isOver = true
  await Promise.all(callers)
  const strange = answers.filter(
    ({ what, asked, answered }) => !stood.some((one) => one.what === what && one.from <= answered && one.to >= asked),
  )
  expect(strange).toEqual([])
  // All of it was seen, by somebody.
  expect(new Set(answers.map(({ what }) => what.replace(/ .*/, '')))).toEqual(
    new Set(['first', 'edited', 'broken', 'mended', 'gone', 'added']),
  )
})
