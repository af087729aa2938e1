import { badRequest, HttpError } from '../http/errors.ts'
import type { RunsLaboratory } from '../tasks/runs/runs-laboratory.ts'
import { checkEntries } from './check-entries.ts'
import { FieldErrors } from './field-errors.ts'
import type { Laboratory } from './open-laboratory.ts'

/** What runs of tasks have from the laboratory, with errors as ajar's own calls say them. */
export function laboratoryForTasks(
  laboratory: Pick<Laboratory, 'sources' | 'files' | 'room' | 'making' | 'results'>,
): RunsLaboratory {
  const { sources, files, room, making, results } = laboratory
  return {
    checkEntries(field, value) {
      const checked = checkEntries(value)
      if ('wrong' in checked) throw badRequest('bad_params', `${field}: ${checked.wrong.join(' ')}`, `params.${field}`)
      return checked.entries
    },
    isThere: async (account, source, basename) => (await sources.find(account, source, basename)) !== null,
    async resolve(account, field, entries) {
      try {
        return (await sources.resolve(account, field, entries)).files
      } catch (error) {
        throw error instanceof FieldErrors ? badRequest('bad_params', error.message, `params.${field}`) : error
      }
    },
    async requireRoom() {
      try {
        await room.require(0)
      } catch (error) {
        // A `DetailError`, as the older client is told.
        if ((error as { status?: unknown }).status !== 507) throw error
        throw new HttpError(507, 'no_room', (error as Error).message)
      }
    },
    make: (waiting, wanted, context) => making.make(waiting, { ...wanted, values: {}, cameras: {} }, context),
    async drop(result) {
      await results.drop([result], null)
    },
    urlsOf: (file, base) => files.urlsOf(file, base),
  }
}
