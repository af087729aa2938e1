import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** Whole machines, stories across processes, releases that are built. */
const LONG = ['/test/systemd/', '/test/journeys/', '/deploy/redeploy/test/']
/** In a kernel that CI builds meanwhile, which takes minutes as well. */
const IN_A_KERNEL = ['/test/gpio/', '/server/test/cgroup2/']

/** vitest begins with the largest file. What takes minutes may be a short one: begun last, it would be waited for alone. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files)
    const rank = ({ moduleId }: TestSpecification) =>
      [LONG, IN_A_KERNEL].findIndex((folders) => folders.some((folder) => moduleId.includes(folder)))
    return [0, 1, -1].flatMap((each) => sorted.filter((file) => rank(file) === each))
  }
}
