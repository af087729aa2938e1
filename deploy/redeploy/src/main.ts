import { homeOf, settingsOf } from './environment.ts'
import { takeLock } from './home/lock.ts'
import type { RunLine } from './home/run.ts'
import { openHost } from './hosts/hosts.ts'
import { recoverBeforeStart } from './recover.ts'
import { Redeployer } from './redeployer.ts'
import { Requests } from './requests/requests.ts'
import { serve } from './requests/serve.ts'
import { ask, list, releaseBefore } from './requests/terminal.ts'
import { RedeployError } from './step.ts'
import { STEP_LIST } from './steps/steps.ts'

const USAGE = `redeployer of ajar
  serve               takes requests, and ends when there are none
  recover             before the server starts: undoes what was broken off
  to REF [--force]    deploys a tag, branch or commit of AJAR_RELEASE_REMOTE_URL
  back [ID] [--force] goes back to a release that is here; the one before
  list                releases that are here`

const COMMANDS: Record<string, (args: string[], force: boolean) => Promise<number>> = {
  serve: async () => {
    const redeployer = await openRedeployer()
    return serve(new Requests(redeployer), process.env, redeployer.parts.signal)
  },
  recover: async () => {
    const redeployer = await openRedeployer()
    try {
      const giveBack = takeLock(redeployer.parts.home.lock)
      await recoverBeforeStart(redeployer).finally(giveBack)
    } catch (error) {
      // Whoever is at it has the server start.
      if (!(error instanceof RedeployError && error.code === 'busy')) throw error
    }
    return 0
  },
  to: async ([ref = ''], force) => show({ ref, release: null, force }),
  back: async ([id], force) => show({ ref: null, release: id ?? releaseBefore(homeOf(process.env)), force }),
  list: async () => {
    list(homeOf(process.env), print)
    return 0
  },
}

async function openRedeployer(): Promise<Redeployer> {
  const host = await openHost(process.env)
  const settings = settingsOf(process.env, await host.dataDir())
  const end = new AbortController()
  for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, () => end.abort())
  process.once('disconnect', () => end.abort())
  return new Redeployer({
    home: homeOf(process.env),
    host,
    settings,
    steps: STEP_LIST,
    say: ({ level, step, text }: RunLine) => print(`${level} ${step ?? 'redeployer'}: ${text}`),
    signal: end.signal,
  })
}

async function show(what: Parameters<typeof ask>[1]): Promise<number> {
  const { state, message } = await ask(homeOf(process.env), what, print)
  print(message ?? state)
  return state === 'kept' ? 0 : 1
}

function print(line: string) {
  process.stdout.write(`${line}\n`)
}

// The server, of another user, reads what is written here.
process.umask(0o022)
const [name = '', ...args] = process.argv.slice(2)
const command = COMMANDS[name]
if (!command || (name === 'to' && !args[0])) {
  process.stderr.write(`${USAGE}\n`)
  process.exit(2)
}
try {
  const words = args.filter((arg) => arg !== '--force')
  process.exit(await command(words, args.includes('--force')))
} catch (error) {
  process.stderr.write(`ajar: ${(error as Error).message}\n`)
  process.exit(1)
}
