import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { needs } from '../setup/needs.ts'
import { whyNoMachine } from './machine.ts'
import { play, type Report } from './redeploy/play.ts'
import { Stage } from './redeploy/stage.ts'
import { table } from './redeploy/table.ts'
import { SHORT_FORM } from './redeploy/telling.ts'

/**
 * Redeploys under a real systemd, from a repository of releases of this checkout, good ones and bad ones: whatever comes of
 * each, the right release runs then, and nothing that was acknowledged is lost.
 */

const OPEN_LIMIT_MS = 180_000
const LIMIT_MS = 180_000

const trouble = whyNoMachine()
const reports: Report[] = []
let stage: Stage

beforeAll(async () => {
  if (trouble === null) stage = await Stage.open()
}, OPEN_LIMIT_MS)
afterAll(async () => {
  if (reports.length > 0) console.log(table(reports))
  await stage?.close()
})
beforeEach((context) => needs(trouble === null, trouble ?? '', context))

test.each(SHORT_FORM)(
  '$name',
  async (story) => {
    const report = await play(stage, story)
    reports.push(report)
    expect(report.broken, report.log).toEqual([])
  },
  LIMIT_MS,
)
