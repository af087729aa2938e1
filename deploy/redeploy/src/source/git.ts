import { type Ended, type RunOptions, runProgram } from '../programs/run-program.ts'
import { RedeployError, type StepContext } from '../step.ts'

/** Runs git in the repository of releases. @throws RedeployError where git is missing or takes too long */
export type Git = (args: string[], options?: GitOptions) => Promise<Ended>

export type GitOptions = Partial<Pick<RunOptions, 'environment' | 'limitMs' | 'onLine'>> & {
  /** As `git -c`. */
  config?: Record<string, string>
  /** No file that it writes gets longer. */
  mostBytes?: number
}

/** What sh(1) counts in. */
const BLOCK_BYTES = 512

const LIMIT_MS = 60_000

/** Whatever the machine's own settings say: no hooks, no helpers of other protocols, nothing that goes on afterwards. */
const CONFIG = {
  'core.hooksPath': '/dev/null',
  'protocol.allow': 'never',
  'protocol.https.allow': 'always',
  'protocol.ssh.allow': 'always',
  'protocol.file.allow': 'always',
  'protocol.ext.allow': 'never',
  'transfer.fsckObjects': 'true',
  // One file for all that comes, so that its length can be limited.
  'fetch.unpackLimit': '1',
  'gc.autoDetach': 'false',
  'maintenance.autoDetach': 'false',
}

const ENVIRONMENT = {
  GIT_TERMINAL_PROMPT: '0',
  // What another object is to stand for is nobody's to say.
  GIT_NO_REPLACE_OBJECTS: '1',
}

export function gitOf({ home, signal }: Pick<StepContext, 'home' | 'signal'>): Git {
  return (args, { config = {}, environment = {}, mostBytes, ...options } = {}) => {
    const settings = Object.entries({ ...CONFIG, ...config }).flatMap(([name, value]) => ['-c', `${name}=${value}`])
    const words = [...settings, `--git-dir=${home.repository}`, ...args]
    const limited = ['-c', `ulimit -f ${Math.floor((mostBytes ?? 0) / BLOCK_BYTES)} && exec git "$@"`, 'git', ...words]
    return runProgram(mostBytes === undefined ? 'git' : 'sh', mostBytes === undefined ? words : limited, {
      limitMs: LIMIT_MS,
      ...options,
      environment: { ...ENVIRONMENT, ...sshOf(process.env), ...environment },
      signal,
    })
  }
}

/** @returns what git printed @throws RedeployError `git_failed` where it fails */
export async function answerOf(git: Git, args: string[], options?: GitOptions): Promise<string> {
  const { code, stdout, stderr } = await git(args, options)
  if (code !== 0) throw new RedeployError('git_failed', 'environment', `git ${args[0]}: ${lastLines(stderr)}`)
  return stdout
}

/** The end of what a program said, for people. */
export function lastLines(text: string, count = 4): string {
  return text.trim().split('\n').slice(-count).join('\n')
}

/** Nobody is there to be asked for a password. */
function sshOf({ GIT_SSH, GIT_SSH_COMMAND }: NodeJS.ProcessEnv): Record<string, string> {
  if (GIT_SSH !== undefined || GIT_SSH_COMMAND !== undefined) return {}
  return { GIT_SSH_COMMAND: 'ssh -o BatchMode=yes -o ConnectTimeout=20 -o ServerAliveInterval=15' }
}
