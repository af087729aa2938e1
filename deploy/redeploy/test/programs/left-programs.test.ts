import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { expect, onTestFinished, test } from 'vitest'
import { endLeftPrograms, killPrograms } from '../../src/programs/left-programs.ts'

const FOLDER = `/nowhere/${process.pid}`
const PROGRAMS = new URL('../../src/programs/run-program.ts', import.meta.url).href
/** A program that starts another one, and waits for it. */
const RUNS = `
import { runProgram } from '${PROGRAMS}'
const options = { signal: new AbortController().signal, limitMs: 600_000, onLine: console.log }
await runProgram('sh', ['-c', 'sleep 600 & echo $$ $!; wait'], options)`

/** A process that runs programs for the home `folder`, and those programs. */
async function running(folder: string): Promise<{ redeployer: ChildProcess; programs: number[] }> {
  const redeployer = spawn(process.execPath, ['--no-warnings', '--input-type=module', '--eval', RUNS], {
    env: { ...process.env, AJAR_DEPLOY_DIR: folder },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  onTestFinished(() => void killPrograms(folder))
  onTestFinished(() => void redeployer.kill('SIGKILL'))
  const [line] = await once(createInterface({ input: redeployer.stdout }), 'line')
  return { redeployer, programs: String(line).split(' ').map(Number) }
}

/** What is dead and not yet waited for does not run. */
function runs(pid: number): boolean {
  try {
    return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return false
  }
}

test.runIf(process.platform === 'linux')(
  'what a redeployer that was killed had started is ended with what that had started, and nothing else',
  async () => {
    const [killed, other] = await Promise.all([running(FOLDER), running(`${FOLDER}/other`)])
    killed.redeployer.kill('SIGKILL')
    await once(killed.redeployer, 'exit')
    expect(killed.programs.filter(runs)).toEqual(killed.programs)
    await endLeftPrograms(FOLDER)
    expect(killed.programs.filter(runs)).toEqual([])
    expect(other.programs.filter(runs)).toEqual(other.programs)
  },
)
