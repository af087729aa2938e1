import { resolve } from 'node:path'
import { Watchdog } from '@ajar/watchdog'
import { agentEntry, serverEntry, workerEntry } from './src/entries.ts'
import { addressesForOthers } from './src/for-others.ts'
import {
  addressesOf,
  configuredPorts,
  type Listening,
  type MachineLine,
  makeBundle,
  makeCodeDocs,
  makeConsole,
  type Process,
  type ServerAddresses,
} from './src/processes.ts'
import { printLine } from './src/progress-bar.ts'
import { Redeploying } from './src/releases/redeploying.ts'
import { watchSources } from './src/watch-sources.ts'
import { whatEnded } from './src/what-ended.ts'

/**
 * `npm start`: the server with its console and its job worker, and a demo camera unless AJAR_DEMO=0; a watchdog starts again
 * what ends or hangs. The first time the demo's camera is taught before its frames flow. Ctrl-C stops all, the server last.
 * What a redeploy has switched to goes on at the next start, unless the checkout has changed, or `--checkout` is given.
 * With `--watch` an edited source counts at once: server and worker start again, the console is built again.
 */

type PrepareDemo = typeof import('./src/demo.ts').prepareDemo

/** So long the watchdog may take to see that the server is gone. */
const NOTICE_MS = 5000
const POLL_MS = 100

// Where nobody reads what we print, a closed terminal or a full disk, lines are lost and nothing else.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {})

const dataDir = resolve(process.env.AJAR_DATA_DIR || './data')
const watchdog = new Watchdog({
  dataDir,
  reportTo: 'server',
  onLine: (_, line) => printLine(line),
  onMachineLine: (name, line) => name === 'server' && hear(line),
  onExit: (name, exit, pause) => printLine(whatEnded(name, exit, pause), console.error),
  onGivenUp: (name, { code }) => firstListening.reject(new Error(`The ${name} ended (${code}) before it was ready.`)),
})
const redeploying = new Redeploying({
  watchdog,
  dataDir,
  serverUrl: () => addressesOf(listening ?? configuredPorts(), {}).http,
  say: (line) => printLine(line),
})
// Built while the server starts, which serves it as soon as it is there.
let building = makeConsole({ onLine: printLine })
const firstListening = Promise.withResolvers<Listening>()
let listening: Listening | null = null
let serverStarts = 0
let adminToken: string | null = null
let making: Process | null = null
let endWatching = () => {}
let stopping = false

async function start() {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop)
  await watchdog.start([])
  await redeploying.prepare({ wantsCheckout: process.argv.includes('--checkout') })
  if (stopping) return
  await Promise.all(
    [serverEntry(redeploying, () => listening), workerEntry(redeploying)].map((one) => watchdog.add(one)),
  )
  await redeploying.start()
  void building.ended.then((code) => {
    if (code !== 0 && !stopping)
      printLine('The console was not built: what is above says why. The server goes on.', console.error)
  })
  // Loaded while the server starts: it brings the renderer and more.
  if (process.argv.includes('--watch')) endWatching = watchSources({ onServer: startAgain, onConsole: buildAgain })
  const demo = process.env.AJAR_DEMO === '0' ? null : import('./src/demo.ts')
  const server = addressesOf(await firstListening.promise, {})
  if (stopping) return
  const mqtt = [...new Set([server.mqtt, server.mqtts ?? server.mqtt])].join(' and ')
  console.log(`\najar listens on ${server.http} (API at ${server.http}/docs) and ${mqtt}`)
  const others = addressesForOthers(server, process.env)
  if (others.length > 0) console.log(`Other machines reach it at ${others.join(' and ')}`)
  if (adminToken)
    console.log(
      `Open the console with this link, which signs you in and is shown this once:\n\n    ${server.http}/#token=${adminToken}\n\n` +
        'What stands behind #token= is the admin token; programs send it as: Authorization: Bearer <token>',
    )
  else console.log(`Open the console: ${server.http}/`)
  if (demo) await startDemo(server, (await demo).prepareDemo)
  if (stopping) return
  // Last: the bundle helps the next start only, after a crash too, and the reference those who read. Where one fails, all
  // goes on as before.
  for (const make of [makeBundle, makeCodeDocs]) {
    if (stopping) return
    making = make({})
    await making.ended.catch(() => {})
  }
}

async function startDemo(server: ServerAddresses, prepareDemo: PrepareDemo) {
  const token = adminToken ?? process.env.AJAR_ADMIN_TOKEN ?? null
  const configFile = await preparedDemo(() => prepareDemo(server, dataDir, token || null))
  if (stopping) return
  if (!configFile) {
    console.log(
      'No demo camera: its token is missing or was revoked. Start once with AJAR_ADMIN_TOKEN set to an admin token to make\n' +
        'a new one, or with AJAR_DEMO=0 to do without. The server goes on.',
    )
    return
  }
  await watchdog.add(agentEntry(configFile))
  console.log('\nFrames flow. The door moves every 15 to 40 s; each transition is printed. Ctrl-C stops.\n')
}

/** A server that ends meanwhile comes back: what was begun goes on then. */
async function preparedDemo(prepare: () => ReturnType<PrepareDemo>): ReturnType<PrepareDemo> {
  for (;;) {
    const startsBefore = serverStarts
    try {
      return await prepare()
    } catch (error) {
      if (!(await isStartedAgain(startsBefore))) throw error
      console.log('\nThe server was started again, and so is the teaching of the demo camera.')
    }
  }
}

/** Waits for a server that is being started again. */
async function isStartedAgain(startsBefore: number): Promise<boolean> {
  const noticedBy = performance.now() + NOTICE_MS
  while (serverStarts === startsBefore) {
    const runs = watchdog.status.some(({ name, state }) => name === 'server' && state === 'running')
    if (stopping || (runs && performance.now() > noticedBy)) return false
    await new Promise((wait) => setTimeout(wait, POLL_MS))
  }
  return true
}

function hear(line: MachineLine) {
  const said = line as { admin?: { token: string }; listening?: Listening }
  if (said.admin) adminToken = said.admin.token
  if (said.listening) {
    serverStarts += 1
    listening ??= said.listening
    firstListening.resolve(listening)
  }
  printLine(JSON.stringify(line))
}

function startAgain() {
  printLine('A source of the server was edited: it starts again.')
  for (const name of ['server', 'worker']) watchdog.restart(name)
}

/** The server serves it as soon as it is there; one that does not build leaves the one before. */
async function buildAgain() {
  printLine('A source of the console was edited: it is built again.')
  await building.stop()
  building = makeConsole({ onLine: printLine })
  const code = await building.ended.catch(() => 1)
  if (code === 0) printLine('The console is built: reload the page.')
}

async function stop() {
  if (stopping) return
  console.log('\nStopping ...')
  await endAll()
  console.log('Stopped.')
  process.exit()
}

async function endAll() {
  stopping = true
  endWatching()
  redeploying.close()
  await watchdog.stop()
  await building.stop()
  await making?.stop()
}

try {
  await start()
} catch (error) {
  if (!stopping) {
    await endAll()
    console.error((error as Error).message) // last, where it is seen
    process.exit(1)
  }
}
