import { parseArgs } from 'node:util'
import { crash } from '../journeys/crash.ts'

/** `npm run soak [-- --kills N --seed S]`: the journey of test/journeys/crash.ts, with 200 kills unless told. */

const { values } = parseArgs({
  options: { kills: { type: 'string', default: '200' }, seed: { type: 'string', default: '1' } },
})
const seed = Number(values.seed)
const started = performance.now()
const report = await crash({ kills: Number(values.kills), seed, onKill: (text) => console.log(text) })
const seconds = Math.round((performance.now() - started) / 1000)
for (const promise of report.broken.slice(0, 50)) console.error(promise)
console.log(JSON.stringify({ seed, seconds, ...report, broken: report.broken.length }))
process.exitCode = report.broken.length === 0 ? 0 : 1
