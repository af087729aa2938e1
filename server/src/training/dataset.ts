import type { StateDatabase } from '../database/state-database.ts'
import type { JobContext } from '../jobs/handlers.ts'
import type { Import } from './labels/import.ts'

/** Who labelled what came as a dataset. */
const AUTHOR = 'dataset'

/**
 * Takes in the dataset of a training: readings that are learned from in place of those that came so before. Their states
 * become those of the sensor. Run again, it changes nothing.
 * @param path a CSV as an import takes it (`labels/csv/`)
 */
export async function importDataset(
  { imports, database }: { imports: Import; database: StateDatabase },
  context: JobContext,
  path: string,
): Promise<void> {
  const forget = async () => {
    const before = database.write.deleteFrom('labels').where('camera', '=', context.camera ?? '')
    await before.where('author', '=', AUTHOR).execute()
  }
  const { skipped, skippedCount } = await imports.take(context, { path, exactly: true, author: AUTHOR, begin: forget })
  for (const { file, reason } of skipped) context.log('warn', `${file} of the dataset is left out: ${reason}`)
  if (skippedCount > skipped.length) context.log('warn', `and ${skippedCount - skipped.length} more`)
}
