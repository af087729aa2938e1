import { InstalledServer } from '../systemd/installed-server.ts'
import { killing } from '../systemd/killing.ts'
import { Machine, whyNoMachine } from '../systemd/machine.ts'
import { FAULTS, type Recovery, recover, table } from '../systemd/recovery.ts'
import { median } from './peers.ts'

const ROUNDS = 5
const KILLS = 5

/** From a fault to a server that is ready, as deploy/install.sh installs it, under a real systemd with WatchdogSec=2. */
export default async function systemd() {
  const trouble = whyNoMachine()
  if (trouble !== null) return console.log(`not here: ${trouble}`)
  const machine = await Machine.start()
  try {
    const server = await InstalledServer.install(machine)
    const rows = []
    for (const fault of FAULTS) {
      const rounds: Recovery[] = []
      for (let round = 0; round < ROUNDS; round++) rounds.push(await recover(server, fault))
      rows.push({ ...fault, recovery: medianOf(rounds) })
    }
    console.log(`medians of ${ROUNDS}, ${table(rows)}`)
    const { kills, requests, refused, cut, longestMs, acknowledged, broken } = await killing(server, KILLS)
    console.log(
      `\n${kills} kills behind the socket units, 50 requests/s with a connection each and a publisher meanwhile`,
    )
    console.log(`requests: ${requests}, refused ${refused}, cut off in the killed server ${cut}`)
    console.log(`the longest waited ${(longestMs / 1000).toFixed(2)} s`)
    console.log(`frames acknowledged: ${acknowledged}; promises broken: ${broken.length}`)
  } finally {
    await machine.close()
  }
}

function medianOf(rounds: Recovery[]): Recovery {
  const of = (part: keyof Recovery) => median(rounds.map((round) => round[part]))
  return { ended: of('ended'), started: of('started'), told: of('told'), ready: of('ready') }
}
