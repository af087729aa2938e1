import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { TestContext } from 'vitest'
import { needs } from '../../test/setup/needs.ts'

const DATA = process.env.AJAR_TEST_DATA ?? fileURLToPath(new URL('../../../shared/data', import.meta.url))
/** Real packets of a Wi-Fi channel, labelled with the angle of a door. */
export const CSI_CSV = join(DATA, 'csi/TrainingDataSet.csv')

export function needsCsi(context: TestContext): void {
  needs(existsSync(CSI_CSV), `${CSI_CSV} is missing: set AJAR_TEST_DATA to a folder that holds csi/`, context)
}
