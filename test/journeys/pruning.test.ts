import { expect, onTestFinished, test } from 'vitest'
import { needs } from '../setup/needs.ts'
import { prune } from './pruning.ts'
import { openSmallDisk } from './small-disk.ts'

const MB = 1e6
/** Each of the files has one, of at most a megabyte. */
const JOURNAL_BYTES = 12 * MB

test.for([
  {
    what: 'frames take what they may',
    diskBytes: 200 * MB,
    options: { shareBytes: 40 * MB, leastBytes: 28 * MB, totalBytes: 120 * MB },
  },
  {
    what: 'the disk is full before',
    diskBytes: 110 * MB,
    options: { shareBytes: 100 * MB, leastBytes: 45 * MB, totalBytes: 160 * MB },
  },
])(
  '$what: the oldest go, nothing else does, and it never comes to a stop',
  { timeout: 240_000 },
  async ({ diskBytes, options }, context) => {
    const disk = await openSmallDisk(diskBytes).catch((error: Error) => error)
    if (disk instanceof Error) return needs(false, `a file system of its own needs root: ${disk.message}`, context)
    onTestFinished(() => disk.close())
    const { broken, ...report } = await prune(disk, options)
    console.log(JSON.stringify(report))
    expect(broken.slice(0, 20)).toEqual([])
    expect(report.lastBytes).toBeLessThanOrEqual(options.shareBytes + JOURNAL_BYTES)
    expect(report.shrank).toBeGreaterThan(0)
    expect(report.stored).toBeLessThan(report.acknowledged / 2)
  },
)
