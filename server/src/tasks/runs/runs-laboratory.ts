import type { LaboratoryFileRow } from '../../database/schema-laboratory.ts'
import type { Entry } from '../../datasessions/entries.ts'
import type { ToMake } from '../../datasessions/execution/making.ts'
import type { Made } from '../../datasessions/execution/perform-messages.ts'
import type { Waiting } from '../../datasessions/execution/waiting.ts'
import type { InputFile } from '../../datasessions/operation.ts'
import type { JobContext } from '../../jobs/handlers.ts'

/** What the laboratory does for runs of tasks: their pictures come from it, and what they make is kept in it. */
export interface RunsLaboratory {
  /** @returns what was sent as entries @throws HttpError 400 `bad_params` where they do not look like any */
  checkEntries(field: string, value: unknown): Entry[]
  /** Whether the account may read a picture of that name. */
  isThere(account: string, source: string, basename: string): Promise<boolean>
  /** What entries stand for now. @throws HttpError 400 `bad_params` where pictures are not there, or not the account's */
  resolve(account: string, field: string, entries: readonly Entry[]): Promise<InputFile[]>
  /** @throws HttpError 507 `no_room` */
  requireRoom(): Promise<void>
  /** Has a job worker run the task, keeps what came of it, and settles whoever waits. @throws as `Making.make` */
  make(
    waiting: Waiting,
    wanted: Pick<ToMake, 'key' | 'name' | 'external' | 'files'>,
    context: Pick<JobContext, 'id' | 'signal' | 'report'>,
  ): Promise<Made>
  /** Lets a result go that nobody shows. */
  drop(result: number): Promise<void>
  /** `{"fits_url": "https://...", ...}`. @param base protocol and host */
  urlsOf(file: LaboratoryFileRow, base: string): Record<string, string>
}
