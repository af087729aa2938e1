import { chmodSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { writeFits } from '@ajar/images'
import { onTestFinished } from 'vitest'
import { RunningServer, until } from './running-server.ts'
import { temporaryFolder } from './temporary-folder.ts'

export const KEYWORD = '___TASK STATUS___'

/** A task in sh: what it does, then a JSON result, `$value`. `$in` is the file of its parameters, `$out` its folder. */
export const sh = (work: string) => `#!/bin/sh
# Does what a test says.
while [ $# -gt 0 ]; do case $1 in -i) in=$2;; -o) out=$2;; esac; shift; done
value=null
${work}
echo "$value" > "$out/result.json"
echo '${KEYWORD}'
echo "{\\"outfile\\":\\"$out/result.json\\"}"
`

/** A server with a folder of tasks, and a picture in its archive whose values are y * 120 + x. */
export async function startTasks(environment: Record<string, string> = {}) {
  const folder = await temporaryFolder(onTestFinished)
  const [tasksDir, archiveDir] = [join(folder, 'tasks'), join(folder, 'archive')]
  for (const path of [tasksDir, archiveDir]) mkdirSync(path)
  const samples = Float64Array.from({ length: 100 * 120 }, (_, i) => i)
  await writeFits(join(archiveDir, 'ramp.fits'), { width: 120, height: 100, planes: 1, samples })
  const server = await RunningServer.start(onTestFinished, {
    ...{ AJAR_TASKS_DIR: tasksDir, AJAR_ARCHIVE_DIR: archiveDir },
    ...environment,
  })
  let written = 0
  const runOf = async (job: string, token?: string) =>
    (await server.call('GET', `/api/task-runs/${job}`, undefined, token)).body
  return {
    ...{ server, tasksDir, archiveDir, runOf },
    /** Writes a task, in place of the one before in one step. */
    write(name: string, text: string, mode = 0o755) {
      const path = join(tasksDir, name)
      const beside = join(dirname(path), `.written-${++written}`)
      writeFileSync(beside, text)
      chmodSync(beside, mode)
      renameSync(beside, path)
    },
    remove: (name: string) => rmSync(join(tasksDir, name), { recursive: true }),
    call: (name: string, params: object = {}, token?: string) =>
      server.call('POST', `/api/tasks/${name}`, { params }, token),
    /** Once it has ended. */
    ended: (job: string, token?: string) =>
      until(async () => {
        const run = await runOf(job, token)
        return ['done', 'failed', 'cancelled'].includes(run.state) && run
      }),
    /** A token of its own, with calls. */
    token: async (name: string, role = 'analyst'): Promise<string> =>
      (await server.call('POST', '/api/tokens', { name, role })).body.token,
    /** Names in a folder of the laboratory. */
    laboratory: (name: 'results' | 'scratch') => readdirSync(join(server.dataDir, 'laboratory', name)),
  }
}

export type SomeTasks = Awaited<ReturnType<typeof startTasks>>
