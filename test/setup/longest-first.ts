import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** Whole machines, stories across processes, releases that are built. */
const LONG = ['/test/systemd/', '/test/journeys/', '/deploy/redeploy/test/']

/** vitest begins with the largest file. What takes minutes may be a short one: begun last, it would be waited for alone. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files)
    const isLong = ({ moduleId }: TestSpecification) => LONG.some((folder) => moduleId.includes(folder))
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))]
  }
}
