import { whyNoMachine } from '../systemd/machine.ts'
import type { Downtime } from '../systemd/redeploy/downtime.ts'
import { play, type Report } from '../systemd/redeploy/play.ts'
import { Stage } from '../systemd/redeploy/stage.ts'
import { BACK, CRASH, GOOD, HANGS, NEVER_READY, SICK_AT_ONCE, SICK_LATER } from '../systemd/redeploy/stories.ts'
import { table } from '../systemd/redeploy/table.ts'
import { median } from './peers.ts'

const ROUNDS = 3

/** For how long nobody is answered, and nobody well, while a release is replaced: good ones, and such as are taken back. */
export default async function redeploy() {
  const trouble = whyNoMachine()
  if (trouble !== null) return console.log(`not here: ${trouble}`)
  const stage = await Stage.open()
  try {
    const rows: Report[] = []
    for (const story of [GOOD, BACK, CRASH, SICK_AT_ONCE, NEVER_READY, HANGS, SICK_LATER]) {
      const rounds: Report[] = []
      for (let round = 0; round < ROUNDS; round++) rounds.push(await play(stage, story))
      rows.push(together(rounds))
    }
    console.log(
      `medians of ${ROUNDS}, ${stage.traffic.perSecond} requests/s with a connection each and a publisher meanwhile`,
    )
    console.log(table(rows))
    console.log(`promises broken: ${rows.flatMap(({ broken }) => broken).length}`)
  } finally {
    await stage.close()
  }
}

/** Times are medians, requests are added up. */
function together(rounds: Report[]): Report {
  const [first] = rounds as [Report]
  const seen = rounds.flatMap(({ seen }) => seen ?? [])
  const of = (part: keyof Downtime) => seen.map((one) => one[part])
  const sum = (part: keyof Downtime) => of(part).reduce((all, one) => all + one, 0)
  return {
    ...first,
    seen: {
      ...{ requests: sum('requests'), refused: sum('refused'), cut: sum('cut') },
      ...{ silentMs: median(of('silentMs')), unwellMs: median(of('unwellMs')) },
    },
    broken: rounds.flatMap(({ broken }) => broken),
  }
}
