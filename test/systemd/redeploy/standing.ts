import type { StepName } from '@ajar/redeploy'
import { DATA_FOLDER, type InstalledServer, UNIT } from '../installed-server.ts'

/** Which release runs, as everything that could tell tells it: they have to agree. */
export interface Standing {
  /** Where the link `current` leads. */
  current: string
  /** Where the link `trusted` leads. */
  trusted: string
  /** Where the server's process was started. */
  server: string
  /** Where the worker's was. */
  worker: string
  /** What the server answers. */
  answering: string
  /** Whether a switch is under way. */
  isPending: boolean
}

const HOME = '/opt/ajar'
const RELEASES = `${HOME}/releases/`

/** A redeploy as its run file tells it. */
export interface RunFile {
  job: string
  step: StepName | null
  release: string | null
  state: 'running' | 'kept' | 'refused' | 'went_back'
  code: string | null
  message: string | null
  downMs: number | null
  startedAt: number
}

export async function standing(server: InstalledServer): Promise<Standing> {
  const { machine } = server
  const lines = await machine.shell(`
    readlink ${HOME}/current || echo
    readlink ${HOME}/trusted || echo
    for unit in ${UNIT} ajar-worker.service; do readlink /proc/$(systemctl show --property MainPID --value $unit)/cwd || echo; done
    test -e ${HOME}/redeploy/pending.json && echo yes || echo no`)
  const [current = '', trusted = '', ofServer = '', ofWorker = '', pending] = lines.split('\n')
  const named = (path: string) => path.replace(RELEASES, '').replace(/^releases\//, '')
  return {
    current: named(current),
    trusted: named(trusted),
    server: named(ofServer),
    worker: named(ofWorker),
    answering: await answering(server),
    isPending: pending === 'yes',
  }
}

/** The release that answers well; what it says otherwise. */
async function answering(server: InstalledServer): Promise<string> {
  const probe = (await server.machine.shell(`cat ${DATA_FOLDER}/run/probe`)).trim()
  const answer = await fetch(`${server.url}/api/health/ready`, {
    headers: { 'x-ajar-probe': probe, connection: 'close' },
  })
  const { release } = (await answer.json()) as { release?: string }
  return answer.ok ? String(release) : `status ${answer.status}`
}

/** What is said of a release: `good`, `bad`, `new`, or null where nobody knows it. */
export async function wordOf(server: InstalledServer, release: string): Promise<string | null> {
  const ledger = await readJson<{ releases: Record<string, { state: string }> }>(server, 'ledger.json')
  return ledger?.releases[release]?.state ?? null
}

/** Every redeploy that there was, newest first. */
export async function runFiles({ machine }: InstalledServer): Promise<RunFile[]> {
  const text = await machine.shell(
    `cd ${HOME}/redeploy/runs 2>/dev/null || exit 0; set -- *.json; [ ! -e "$1" ] || awk 'FNR == 1 && NR > 1 { print "" } { printf "%s", $0 }' "$@"`,
  )
  const runs = text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as RunFile)
  return runs.sort((a, b) => b.startedAt - a.startedAt)
}

/** What a redeploy said, a line each. */
export async function logOf({ machine }: InstalledServer, job: string): Promise<string> {
  return await machine.shell(`cat ${HOME}/redeploy/runs/${job}.log 2>/dev/null || true`)
}

async function readJson<T>({ machine }: InstalledServer, name: string): Promise<T | null> {
  const text = await machine.shell(`cat ${HOME}/redeploy/${name} 2>/dev/null || true`)
  return text === '' ? null : (JSON.parse(text) as T)
}
