import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import history from '../bench/history.bench.ts'
import { crash } from '../journeys/crash.ts'
import { fair } from '../journeys/fair.ts'
import { influxFaults } from '../journeys/influx/faults.ts'
import { outage } from '../journeys/outage/outage.ts'
import { packets } from '../journeys/packets.ts'
import { prune } from '../journeys/pruning.ts'
import { roughLine } from '../journeys/rough-network/rough-line.ts'
import { whyNoNetwork } from '../journeys/rough-network/rough-network.ts'
import { openSmallDisk } from '../journeys/small-disk.ts'
import { InstalledServer } from '../systemd/installed-server.ts'
import { killing } from '../systemd/killing.ts'
import { Machine, whyNoMachine } from '../systemd/machine.ts'
import { play, type Report } from '../systemd/redeploy/play.ts'
import { Stage } from '../systemd/redeploy/stage.ts'
import { table } from '../systemd/redeploy/table.ts'
import { LONG_FORM } from '../systemd/redeploy/telling.ts'

/**
 * `npm run soak [-- --kills N --seed S --gigabytes G --systemd-kills M --cuts C --agent-kills A --influx-rounds I --redeploy-rounds D --results R --runs P --attack-rounds T --packet-seconds U]`:
 * the long forms of test/journeys/crash.ts, with 200 kills unless told, of test/journeys/pruning.ts, with 3 GB of frames
 * through a disk of 0.8 GB unless told, of test/systemd/killing.ts, with 50 kills unless told, of
 * test/journeys/rough-network/rough-line.ts, with a bad line that is cut 20 times unless told, of
 * test/journeys/outage/outage.ts, an hour without a server in which the agent is killed 20 times unless told, and of
 * test/journeys/influx/faults.ts, each fault of InfluxDB 5 times unless told; of test/systemd/redeploy/, all of its stories once
 * unless told; test/bench/history.bench.ts with 10 million results unless told; test/journeys/fair.ts with 500 runs of
 * programs unless told; all attacks on boxes by all who make them, twice unless told; and test/journeys/packets.ts, 20 boards
 * for a minute unless told. 0 leaves one out.
 */

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '200' },
    seed: { type: 'string', default: '1' },
    gigabytes: { type: 'string', default: '3' },
    'systemd-kills': { type: 'string', default: '50' },
    cuts: { type: 'string', default: '20' },
    'agent-kills': { type: 'string', default: '20' },
    'influx-rounds': { type: 'string', default: '5' },
    'redeploy-rounds': { type: 'string', default: '1' },
    results: { type: 'string', default: '10000000' },
    runs: { type: 'string', default: '500' },
    'attack-rounds': { type: 'string', default: '2' },
    'packet-seconds': { type: 'string', default: '60' },
  },
})
const kills = Number(values.kills)
const gigabytes = Number(values.gigabytes)
const systemdKills = Number(values['systemd-kills'])
const cuts = Number(values.cuts)
const agentKills = Number(values['agent-kills'])
const influxRounds = Number(values['influx-rounds'])
const redeployRounds = Number(values['redeploy-rounds'])
const results = Number(values.results)
const runs = Number(values.runs)
const attackRounds = Number(values['attack-rounds'])
const packetSeconds = Number(values['packet-seconds'])
if (kills > 0) await soakCrash()
if (gigabytes > 0) await soakPruning()
if (systemdKills > 0) await soakSockets()
if (cuts > 0) await soakLine()
if (agentKills > 0) await soakOutage()
if (influxRounds > 0) await soakInflux()
if (redeployRounds > 0) await soakRedeploys()
if (results > 0) await history([10_000, 1_000_000, results])
if (runs > 0) await soakRuns()
for (let round = 0; round < attackRounds; round++) soakAttacks()
if (packetSeconds > 0) tell(await packets({ senders: 20, rate: 20, seconds: packetSeconds }))

async function soakCrash() {
  const seed = Number(values.seed)
  const started = performance.now()
  const report = await crash({ kills, seed, onKill: (text) => console.log(text) })
  const seconds = Math.round((performance.now() - started) / 1000)
  tell({ seed, seconds, ...report })
}

async function soakPruning() {
  const disk = await openSmallDisk(800e6)
  try {
    const options = { shareBytes: 400e6, leastBytes: 280e6, totalBytes: gigabytes * 1e9 }
    tell(await prune(disk, { ...options, onStep: (text) => console.log(text) }))
  } finally {
    await disk.close()
  }
}

async function soakSockets() {
  const trouble = whyNoMachine()
  if (trouble !== null) return console.log(`not killed behind systemd's sockets: ${trouble}`)
  const machine = await Machine.start()
  try {
    tell(await killing(await InstalledServer.install(machine), systemdKills))
  } finally {
    await machine.close()
  }
}

async function soakLine() {
  const trouble = whyNoNetwork()
  if (trouble !== null) return console.log(`no bad line: ${trouble}`)
  const line = { loss: 0.3, delayMs: 250, longestCutMs: 30_000, patienceMs: 1_200_000 }
  const seed = Number(values.seed)
  tell(await roughLine({ ...line, frames: 10 * cuts, cuts, seed, onStep: (text) => console.log(text) }))
}

/** Both cameras take a picture a second; half of them find room. */
async function soakOutage() {
  const hour = { outageMs: 3_600_000, scale: 15, outbox: { maxBytes: 20_000_000, minFreeBytes: 0 } }
  const seed = Number(values.seed)
  tell(await outage({ ...hour, kills: agentKills, seed, onStep: (text) => console.log(text) }))
}

/** Some ten thousand points wait each time. */
async function soakInflux() {
  const amounts = { frames: 60, readings: 20_000, rate: 40_000 }
  const seed = Number(values.seed)
  tell(await influxFaults({ ...amounts, rounds: influxRounds, seed, onStep: (text) => console.log(text) }))
}

async function soakRedeploys() {
  const trouble = whyNoMachine()
  if (trouble !== null) return console.log(`no redeploys: ${trouble}`)
  const stage = await Stage.open()
  try {
    const reports: Report[] = []
    for (let round = 0; round < redeployRounds; round++)
      for (const story of LONG_FORM) {
        reports.push(await play(stage, story))
        console.log(table(reports.slice(-1)).split('\n')[1])
      }
    console.log(table(reports))
    tell({
      redeploys: reports.length,
      broken: reports.flatMap(({ name, broken }) => broken.map((text) => `${name}: ${text}`)),
    })
  } finally {
    await stage.close()
  }
}

/** Four of five are of one account; 4 boxes at a time. */
async function soakRuns() {
  const few = Math.ceil(runs / 5)
  const onUnavailable = (reason: string) => {
    throw new Error(reason)
  }
  tell(await fair({ many: runs - few, few, atOnce: 4, onUnavailable }))
}

/** As their tests, with nothing left out. */
function soakAttacks() {
  const { status } = spawnSync('npx', ['vitest', 'run', 'server/test/programs-attacks-'], {
    cwd: fileURLToPath(new URL('../..', import.meta.url)),
    env: { ...process.env, CI: '1', AJAR_TEST_ATTACKS: 'all' },
    stdio: 'inherit',
  })
  if (status !== 0) process.exitCode = 1
}

function tell<Report extends { broken: string[] }>({ broken, ...report }: Report) {
  for (const promise of broken.slice(0, 50)) console.error(promise)
  console.log(JSON.stringify({ ...report, broken: broken.length }))
  if (broken.length > 0) process.exitCode = 1
}
