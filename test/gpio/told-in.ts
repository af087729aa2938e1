import { beforeAll, describe, expect, test } from 'vitest'
import { until } from '../journeys/system.ts'
import { cachedKernel, whyNoKernel } from './kernel.ts'
import { boot, type Inside, type Told } from './machine.ts'

const BUILT_WITHIN_MS = 900_000
const BOOT_MS = 320_000

const builder = Number(process.env.AJAR_UML_BUILDER ?? 0)

/**
 * A kernel is booted once, tells every story inside, and each is judged here. `npm run test:gpio` builds that kernel; where it is not
 * kept the stories are skipped and say so. CI builds it while other tests run, and says in `AJAR_UML_BUILDER` which process does.
 */
export function toldIn(title: string, stories: string[], inside?: Inside): void {
  let trouble: string | null = null
  let told: Told[] = []

  beforeAll(async () => {
    if (builder > 0) await until(() => cachedKernel() !== null || !runs(builder), BUILT_WITHIN_MS)
    trouble = whyNoKernel()
    const kernel = cachedKernel()
    if (trouble === null && kernel) told = await boot(kernel, inside)
  }, BUILT_WITHIN_MS + BOOT_MS)

  describe(`in ${title}`, () => {
    test.for(stories)('%s', (name, context) => {
      if (trouble !== null && builder > 0) throw new Error(trouble)
      if (trouble !== null) return context.skip(trouble)
      const story = told.find(({ story }) => story === name)
      expect(story, 'it was not told: the program inside ended before').toBeDefined()
      if (story?.saw.length) console.log(`${name}:\n  ${story.saw.join('\n  ')}`)
      expect(story?.error).toBeNull()
    })
  })
}

function runs(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
