import type { Verdict } from '../journeys/verdict.ts'
import { type InstalledServer, UNIT } from './installed-server.ts'
import type { Asked } from './poller.ts'
import { monotonic, recovered } from './recovery.ts'
import { Traffic } from './traffic.ts'

/** A publisher and a poller are at work while the server is killed behind its sockets. What became of frames and requests? */

export interface KillingReport extends Verdict {
  kills: number
  requests: number
  /** Nobody listened. */
  refused: number
  /** The killed server was about to answer. */
  cut: number
  /** Requests that ended without an answer though no server was killed meanwhile. */
  unexplained: number
  /** The longest that a request waited for its answer, in milliseconds. */
  longestMs: number
}

const PER_SECOND = 50
/** One that is cut off in each kill is then what issue 4 allows: 1 of 500. */
const REQUESTS_BETWEEN_KILLS = 500

export async function killing(server: InstalledServer, kills: number): Promise<KillingReport> {
  const traffic = await Traffic.open(server, { path: '/api/health/live', perSecond: PER_SECOND })
  try {
    traffic.begin()
    const killedAt: { from: number; to: number }[] = []
    for (let i = 0; i < kills; i++) {
      await traffic.requests(REQUESTS_BETWEEN_KILLS)
      await server.forgive()
      const pid = await server.pid()
      const from = monotonic()
      process.kill(pid, 'SIGKILL')
      killedAt.push({ from, to: monotonic() })
      await recovered(server, from)
    }
    await traffic.requests(PER_SECOND)
    const asked = await traffic.end()
    await server.machine.shell(`systemctl stop ajar-http.socket ajar-mqtt.socket ${UNIT}`)
    return { kills, ...counts(asked, killedAt), ...(await traffic.verdict()) }
  } finally {
    await traffic.close()
  }
}

function counts(asked: Asked[], killedAt: { from: number; to: number }[]) {
  const cut = asked.filter(({ end }) => end === 'cut')
  const during = ({ sentAt, endedAt }: Asked) => killedAt.some(({ from, to }) => sentAt <= to && endedAt >= from)
  return {
    requests: asked.length,
    refused: asked.filter(({ end }) => end === 'refused').length,
    cut: cut.length,
    unexplained: cut.filter((one) => !during(one)).length,
    longestMs: Math.max(...asked.map(({ sentAt, endedAt }) => endedAt - sentAt)),
  }
}
