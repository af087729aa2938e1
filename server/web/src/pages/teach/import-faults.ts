import type { JobBody } from '../../api/bodies.ts'

/** The choice of the import panel, by its name. */
export const ADDS_STATES = 'Folders of other names become new states'

/** Why an import failed, and what to do about it on this page. */
export function importFault(error: JobBody['error']): string {
  if (error === null) return 'its log says why'
  if (error.code !== 'unknown_state') return error.message
  const what = error.message.split(':')[0]
  return `${what}: rename the folders, or tick "${ADDS_STATES}" and import it again`
}
