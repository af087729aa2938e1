import { resolve } from 'node:path'
import {
  launchServer,
  type MachineLine,
  makeConsole,
  type Process,
  type RunningServer,
  startAgent,
} from './src/processes.ts'

/**
 * `npm start`: the server with its console, and a demo camera unless AJAR_DEMO=0. The first time the demo's camera is taught before its
 * frames flow. Ctrl-C stops the agent, then the server.
 */

type PrepareDemo = typeof import('./src/demo.ts').prepareDemo

const running: Process[] = []
let stopping = false

async function start() {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop)
  const launched = launchServer({ onLine: console.log, onMachineLine: print })
  running.push(launched.process)
  // Built while the server starts, which serves it as soon as it is there.
  const building = makeConsole({ onLine: console.log })
  running.push(building)
  void building.ended.then((code) => {
    if (code !== 0 && !stopping) console.error('The console was not built: what is above says why. The server goes on.')
  })
  // Loaded while the server starts: it brings the renderer and more.
  const demo = process.env.AJAR_DEMO === '0' ? null : import('./src/demo.ts')
  const server = await launched.ready
  if (stopping) return
  watch('server', server.process)
  const mqtt = [...new Set([server.mqtt, server.mqtts ?? server.mqtt])].join(' and ')
  console.log(`\najar listens on ${server.http} (API at ${server.http}/docs) and ${mqtt}`)
  if (server.adminToken)
    console.log(
      `Open the console with this link, which signs you in and is shown this once:\n\n    ${server.http}/#token=${server.adminToken}\n\n` +
        'What stands behind #token= is the admin token; programs send it as: Authorization: Bearer <token>',
    )
  else console.log(`Open the console: ${server.http}/`)
  if (demo) await startDemo(server, (await demo).prepareDemo)
}

async function startDemo(server: RunningServer, prepareDemo: PrepareDemo) {
  const dataDir = resolve(process.env.AJAR_DATA_DIR ?? './data')
  const adminToken = server.adminToken ?? process.env.AJAR_ADMIN_TOKEN ?? null
  const configFile = await prepareDemo(server, dataDir, adminToken || null)
  if (stopping) return
  if (!configFile) {
    console.log(
      'No demo camera: its token is missing or was revoked. Start once with AJAR_ADMIN_TOKEN set to an admin token to make\n' +
        'a new one, or with AJAR_DEMO=0 to do without. The server goes on.',
    )
    return
  }
  const agent = startAgent(configFile, { onLine: console.log })
  running.push(agent)
  watch('demo agent', agent)
  console.log('\nFrames flow. The door moves every 15 to 40 s; each transition is printed. Ctrl-C stops.\n')
}

function print(line: MachineLine) {
  console.log(JSON.stringify(line))
}

/** Without its parts there is nothing left to run. */
function watch(name: string, part: Process) {
  void part.ended.then((code) => {
    if (stopping) return
    console.error(`The ${name} ended (${code}).`)
    process.exitCode = 1
    void stop()
  })
}

async function stop() {
  if (stopping) return
  stopping = true
  console.log('\nStopping ...')
  for (const part of running.toReversed()) await part.stop()
  console.log('Stopped.')
  process.exit()
}

try {
  await start()
} catch (error) {
  if (!stopping) {
    const [what] = (error as Error).message.split('\n') // the lines behind it were printed as they came
    console.error(what)
    process.exitCode = 1
    await stop()
  }
}
