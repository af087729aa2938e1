import { writeSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { locate } from './tasks/catalog/locate.ts'
import { BadCallError, commandLine, HELP } from './tasks/dispatcher/command-line.ts'
import { dispatch } from './tasks/dispatcher/dispatch.ts'
import { listed } from './tasks/dispatcher/listed.ts'
import { runTask } from './tasks/runners/run-ts.ts'
import { Status } from './tasks/runners/status.ts'

/** The process of `ajar-dispatcher`: one call of a task, from outside of ajar. It has no settings file and no data folder. */

/** The tasks that come with ajar. */
const FOLDER = fileURLToPath(new URL('../tasks', import.meta.url))
/** What called it reads standard output there; descriptor 1 is log. */
const STATUS_FD = 3
/** As AJAR_TASK_SECONDS is by default. */
const USUAL_SECONDS = 300

async function main(argv: readonly string[]): Promise<number> {
  try {
    const { AJAR_TASKS_DIR, AJAR_TASK_SECONDS } = process.env
    const asked = commandLine(argv, AJAR_TASKS_DIR || null)
    if (asked.what === 'help') return print(HELP)
    const folders = { ownFolder: asked.folder, folder: FOLDER }
    if (asked.what === 'list') return print(await listed(folders))
    const ms = (Number(AJAR_TASK_SECONDS) || USUAL_SECONDS) * 1000
    return await dispatch(asked.args, { locate: (name) => locate(name, folders), runTask, statusFd: STATUS_FD, ms })
  } catch (error) {
    if (!(error instanceof BadCallError)) throw error
    new Status(STATUS_FD, error.separator).say({ error: error.message })
    return 2
  }
}

function print(text: string): number {
  writeSync(STATUS_FD, text)
  return 0
}

process.exit(await main(process.argv.slice(2)))
