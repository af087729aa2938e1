import { spawn } from 'node:child_process'
import { basename } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { freePort } from '../../../../test/setup/free-port.ts'
import { homeAt } from '../../src/home/home.ts'
import type { Host, Rehearsal } from '../../src/host.ts'
import { recoverBeforeStart } from '../../src/recover.ts'
import { Redeployer } from '../../src/redeployer.ts'
import { Requests } from '../../src/requests/requests.ts'
import { serve } from '../../src/requests/serve.ts'
import type { Step } from '../../src/step.ts'
import { step as keep } from '../../src/steps/keep.ts'
import { pendingStep } from '../../src/steps/pending.ts'
import { preflight } from '../../src/steps/preflight.ts'
import { step as restart } from '../../src/steps/restart.ts'
import { step as switchTo } from '../../src/steps/switch.ts'
import { trial } from '../../src/steps/trial.ts'
import type { Limits, RedeployerOptions } from './machine.ts'

/** What `Machine` tells it. */
interface Told {
  home: string
  dataDir: string
  settings: RedeployerOptions['settings']
  request: RedeployerOptions['request']
  limits: Limits
}

/** The redeployer as `main.ts` makes it, but on a machine of `machine.ts`, and with releases that need no making. */
const SERVER = fileURLToPath(new URL('./fake-server.ts', import.meta.url))
const { home: folder, dataDir, settings, request, limits }: Told = JSON.parse(process.env.MACHINE ?? '{}')
const {
  preflightMs = 20_000,
  leastReadyMs = 2000,
  backReadyMs,
  frameMs = 50,
  devicesBackMs = 2000,
  idleMs = 500,
} = limits
const home = homeAt(folder)

async function call<T>(name: string, body: object = {}): Promise<T> {
  const response = await fetch(`${process.env.CONTROL}/${name}`, { method: 'POST', body: JSON.stringify(body) })
  return (await response.json()) as T
}

const host: Host = {
  runsCheckouts: process.env.RUNS_CHECKOUTS === '1',
  serverUrl: () => call('serverUrl'),
  dataDir: async () => dataDir,
  prepare: (release) => call('prepare', { release }),
  restart: (options) => call('restart', options),
  serverProcess: () => call('serverProcess'),
  serverLines: (span) => call('serverLines', span),
  rehearse: async (release, options): Promise<Rehearsal> => {
    const port = await freePort()
    const child = spawn(process.execPath, ['--no-warnings', SERVER, release, options.dataDir, String(port)], {
      env: { ...process.env, AJAR_REHEARSAL: '1' },
      stdio: ['pipe', 'ignore', 'pipe'],
    })
    const ended = text(child.stderr)
    const { protocol } = new URL(await call<string>('serverUrl'))
    const stop = async () => {
      child.kill('SIGKILL')
      await ended
    }
    return { url: `${protocol}//127.0.0.1:${port}`, ended, stop }
  },
}

/** What `fetch` to `install` come to: a release with a name. */
const none: Step = async () => {}
const install: Step = async ({ change, request: { ref } }) => change({ release: ref, version: '1.0.0' })

const end = new AbortController()
process.once('SIGTERM', () => end.abort())
const redeployer = new Redeployer({
  home,
  host,
  settings: {
    remote: 'https://someone:secret@example.org/x.git',
    unsigned: true,
    signersFile: '',
    kept: 5,
    trialMs: 600,
    ...settings,
  },
  steps: {
    fetch: none,
    verify: none,
    export: none,
    install,
    preflight: preflight(preflightMs),
    pending: pendingStep({ leastReadyMs, frameMs }),
    switch: switchTo,
    restart,
    trial: trial(devicesBackMs),
    keep,
  },
  say: ({ level, step, text }) => console.log(level, step, text),
  ...(backReadyMs === undefined ? {} : { backReadyMs }),
  signal: end.signal,
})

const requests = new Requests(redeployer, 100)
const [command] = process.argv.slice(2)
process.umask(0o022)
if (command === 'boot') await recoverBeforeStart(redeployer)
if (command === 'serve') process.exit(await serve(requests, process.env, end.signal, idleMs))
if (command === 'recover' || command === 'redeploy') await requests.start()
if (command === 'redeploy') {
  const asked = {
    v: 1,
    job: 'job-1',
    ref: null,
    release: null,
    force: false,
    by: basename(import.meta.filename),
    ...request,
  }
  console.log(JSON.stringify(requests.take(JSON.stringify(asked))))
}
await requests.done()
process.exit(0)
