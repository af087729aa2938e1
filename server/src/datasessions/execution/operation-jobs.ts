import type { StateDatabase } from '../../database/state-database.ts'
import type { JobContext } from '../../jobs/handlers.ts'
import { FieldErrors } from '../field-errors.ts'
import { type AskedFor, type AskedPorts, askedFor } from './asked.ts'
import type { Making } from './making.ts'
import { OneAtATime } from './one-at-a-time.ts'
import { NO_ROOM } from './outputs.ts'
import type { Results } from './results.ts'
import { NobodyWaits, type Waiting, waitingOperation } from './waiting.ts'

export interface OperationJobsPorts extends AskedPorts {
  database: StateDatabase
  results: Results
  making: Pick<Making, 'make'>
}

/** What is missing on this machine until somebody does something: not tried again by itself, and not remembered. */
const NEEDS_SOMEBODY = new Set([NO_ROOM, 'no_ffmpeg', 'no_encoder', 'no_font'])

/** Failed, and its operation says why already: to its owner, and not to everybody who sees jobs. */
class Told extends Error {
  readonly code = 'operation_failed'
  constructor(operation: number) {
    super(`operation ${operation} failed: whoever asked for it is told why`)
  }
}

/** The handler of jobs of kind `operation`: finds the result where it is there, has it computed where it is not. */
export class OperationJobs {
  readonly #ports: OperationJobsPorts
  readonly #byKey = new OneAtATime()

  constructor(ports: OperationJobsPorts) {
    this.#ports = ports
  }

  async run(context: JobContext): Promise<object> {
    const { id: job, params, signal } = context
    const row = await this.#ports.database.write
      .selectFrom('operations')
      .selectAll()
      .where('id', '=', Number(params.operation))
      .where('job', '=', job)
      .executeTakeFirst()
    if (!row) return { operation: null } // it was removed, or changed
    if (row.state === 'COMPLETED') return { operation: row.id, result: row.result } // the server ended in this instant
    if (row.state === 'FAILED') throw new Told(row.id)
    const waiting = waitingOperation(row.id, job)
    try {
      const asked = await askedFor(this.#ports, row.owner, row.name, JSON.parse(row.input_json))
      await this.#byKey.run(asked.key, signal, () => this.#findOrMake(waiting, row.id, asked, context))
      return { operation: row.id }
    } catch (error) {
      if (error instanceof NobodyWaits) return { operation: null }
      if (!(error instanceof FieldErrors)) throw error
      await this.#ports.results.fail(waiting, error.message)
      throw new Told(row.id)
    }
  }

  async #findOrMake(waiting: Waiting, id: number, asked: AskedFor, context: JobContext) {
    const { results, making } = this.#ports
    const known = await results.find(asked.key)
    if (known) {
      await results.show(waiting, known)
      context.log('info', 'its result was there already')
      if (known.state === 'FAILED') throw new Told(id)
      return
    }
    const { key, operation, values, files, cameras } = asked
    const { name, external } = operation
    try {
      const keyAfter = external ? () => this.#keyAfter(asked, context.id) : undefined
      await making.make(waiting, { key, keyAfter, name, external, values, files, cameras }, context)
    } catch (error) {
      const { message } = error as Error
      if (NEEDS_SOMEBODY.has(String((error as { code?: unknown }).code))) await results.fail(waiting, message)
      else if (!isCallers(error)) throw error
      // A program of somebody else's may come to something else the next time.
      else if (external) await results.fail(waiting, message)
      else await results.refuse(waiting, key, name, message)
      throw new Told(id)
    }
  }

  /** What was made while its task was edited may be of the one or of the other: it is nobody's who asks for either. */
  async #keyAfter({ key, operation: { name, version } }: AskedFor, job: string): Promise<string> {
    const now = await this.#ports.operations.find(name).catch(() => undefined)
    return now?.version === version ? key : `${key}:${job}`
  }
}

/** Whether it fails the same way again, whoever does it. */
function isCallers(error: unknown): boolean {
  return (error as { fault?: unknown } | null)?.fault === 'caller'
}
