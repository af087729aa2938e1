import { readFile } from 'node:fs/promises'
import { resourceUsage } from 'node:process'
import { loadImage, openImage } from '@ajar/images'
import { medianOfPictures } from '../../src/datasessions/arithmetic/median.ts'
import type { Picture } from '../../src/datasessions/arithmetic/pictures.ts'
import { stackOfPictures } from '../../src/datasessions/arithmetic/stack.ts'

/**
 * Combines files in a process of its own, as a job worker does: `combining-child.ts median|stack LIST [MEMORY_BYTES]`, where
 * LIST is a file that names one in each line. Prints how long it took and what it took of memory, in ms and bytes.
 */

const [what, list = '', memory] = process.argv.slice(2)
const paths = (await readFile(list, 'utf8')).trim().split('\n')
const pictures = paths.map(
  (path): Picture => ({ name: path, open: () => openImage(path), load: () => loadImage(path) }),
)
const bounds = memory === undefined ? {} : { memoryBytes: Number(memory) }
const baseBytes = resourceUsage().maxRSS * 1024
const [startedAt, before] = [performance.now(), process.cpuUsage()]
const { samples } =
  what === 'median'
    ? await medianOfPictures(pictures, bounds)
    : await stackOfPictures(pictures, { method: 'sum', ...bounds })
const ms = performance.now() - startedAt
const { user, system } = process.cpuUsage(before)
let sum = 0
for (const sample of samples) sum += sample
const peakBytes = resourceUsage().maxRSS * 1024
console.log(JSON.stringify({ ms, processorMs: (user + system) / 1000, baseBytes, peakBytes, sum }))
