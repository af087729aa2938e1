import { onTestFinished } from 'vitest'
import { Events } from '../src/database/events.ts'
import { openStateDatabase } from '../src/database/state-database.ts'
import { Jobs } from '../src/jobs/jobs.ts'
import { JOB_KINDS } from '../src/jobs/kinds.ts'
import type { Work } from '../src/jobs/worker/messages.ts'
import { openProgramsWorkers } from '../src/jobs/worker/open-workers.ts'
import { createLog } from '../src/logging/logging.ts'
import type { MachineReport } from '../src/programs/machine/report.ts'
import { openPrograms } from '../src/programs/open-programs.ts'
import type { Message, ProgramRequest } from '../src/programs/program.ts'
import type { ProgramTask } from '../src/programs/worker/worker-tasks.ts'
import { settingsFor, until } from './running-server.ts'
import { temporaryFolder } from './temporary-folder.ts'

/** A worker of a test: what it does with a program. */
export type FakeRun = (
  task: ProgramTask,
  tell: (messages: Message[]) => Promise<void>,
  signal: AbortSignal,
) => Promise<object>

export const GOOD: MachineReport = {
  failed: [],
  weak: [],
  languages: [
    {
      ...{ name: 'shell', title: 'Shell', version: '1', modes: ['run'], endings: ['.sh'], switches: [] },
      example: { basename: 'main.sh', contents: 'echo here' },
    },
  ],
}

export interface Given {
  folder?: string
  environment?: Record<string, string>
  /** In place of the real worker. */
  run?: FakeRun
  /** What that says of its machine. */
  report?: () => Promise<MachineReport>
  isReady?: () => boolean
}

/** Programs on a real database with real jobs, and a real worker where a test has none of its own. */
export async function startPrograms({ folder, environment = {}, run, report, isReady = () => true }: Given = {}) {
  const dataDir = folder ?? (await temporaryFolder(onTestFinished))
  const settings = settingsFor(dataDir, environment)
  const database = await openStateDatabase(dataDir)
  const log = createLog('silent')
  const connected: (() => void)[] = []
  const programs = openPrograms({
    ...{ database, settings, log, jobs: () => jobs },
    openWorkers(onConnected) {
      connected.push(onConnected)
      if (!run) return openProgramsWorkers(settings, log, onConnected)
      return {
        perform: async ({ task, params, onMessage }: Work, signal) => {
          if (task === 'describe') return report ? report() : GOOD
          return run(params as ProgramTask, async (messages) => onMessage({ messages }), signal)
        },
        ...{ start: async () => {}, close: async () => {}, list: () => [], leave: () => 0 },
        get ready() {
          return isReady()
        },
      }
    },
  })
  const jobs: Jobs = new Jobs({
    ...{ database, events: new Events(), canBegin: () => true, logOf: () => log, clean: (text: string) => text },
    ...{ now: () => Date.now(), random: () => 0 },
    kinds: JOB_KINDS.filter(({ name }) => name === 'program'),
    handlers: [programs],
  })
  await programs.start()
  await jobs.start()
  let isClosed = false
  const close = async () => {
    if (isClosed) return
    isClosed = true
    await jobs.close()
    await programs.close()
    await database.close()
  }
  onTestFinished(close)
  const add = (account: string, given: Partial<ProgramRequest> = {}) =>
    programs.runs.add({ account, name: 'somebody' }, requestOf(given), 'shell')
  /** @throws where it is refused */
  const begin = async (account: string, given: Partial<ProgramRequest> = {}) => {
    const added = await add(account, given)
    if ('refused' in added) throw new Error(added.refused)
    return added.identifier
  }
  const read = async (id: string, from = 0, account = '') => {
    const found = await programs.runs.read({ account, isAdmin: account === '' }, id, from)
    if (!found) throw new Error('there is no such run')
    return found
  }
  const ended = (id: string) =>
    until(async () => {
      const found = await read(id)
      return found.completed && found
    })
  return {
    ...{ programs, jobs, database, dataDir, settings, close, add, begin, read, ended },
    connect: () => connected[0]?.(),
  }
}

export function requestOf(given: Partial<ProgramRequest> = {}): ProgramRequest {
  return {
    files: [{ basename: 'main.sh', contents: 'echo here' }],
    ...{ main: '', mode: 'run', switches: {}, name: 'a program', lab: false },
    ...given,
  }
}

export const line = (data: string): Message => ({ type: 'stdout', data })
