import { beforeAll, describe, expect, test } from 'vitest'
import { cachedKernel, whyNoKernel } from './kernel.ts'
import { boot, type Told } from './machine.ts'
import { stories } from './stories.ts'

/**
 * GPIO for real: a kernel with simulated chips is booted once, tells every story inside, and each is judged here.
 * `npm run test:gpio` builds that kernel; where it is not kept (also under CI, which has no four minutes for it) the stories are
 * skipped and say so.
 */

const trouble = whyNoKernel()
let told: Told[] = []

beforeAll(async () => {
  const kernel = cachedKernel()
  if (trouble === null && kernel) told = await boot(kernel)
}, 200_000)

describe('in a kernel with simulated GPIO', () => {
  test.for(Object.keys(stories))('%s', (name, context) => {
    if (trouble !== null) return context.skip(trouble)
    const story = told.find(({ story }) => story === name)
    expect(story, 'it was not told: the program inside ended before').toBeDefined()
    if (story?.saw.length) console.log(`${name}:\n  ${story.saw.join('\n  ')}`)
    expect(story?.error).toBeNull()
  })
})
