import { greyOf, type Image, otsu } from '@ajar/images'
import { inTurn, type LeftOut } from '../measures/each-picture.ts'
import { mustBeFew } from '../measures/must-be-few.ts'
import { nameFor } from '../measures/name-for.ts'
import { finite, told } from '../measures/told.ts'
import { OperationError, operation } from '../operation.ts'

/** What is bright, or between two levels: black and white, and how much of the picture it is. */
export const threshold = operation({
  name: 'Threshold',
  description:
    'Makes each file black and white: white where its brightness lies between two levels, or above the level that parts ' +
    'its dark from its bright pixels best. Tells the share of white pixels.',
  category: 'image',
  inputs: {
    input_files: {
      name: 'Input Files',
      description: 'The files to make black and white; colours count by their brightness.',
      type: 'fits',
      minimum: 1,
      maximum: 500,
    },
    method: {
      name: 'Method',
      description: 'otsu finds the level of each file by itself; levels takes those below.',
      type: 'select',
      options: ['otsu', 'levels'],
      default: 'otsu',
      required: false,
    },
    low: {
      name: 'Lowest Level',
      description:
        'With levels: pixels below it are black. Left out, there is no lower limit. 8-bit pictures have 0 to 255.',
      type: 'float',
      required: false,
    },
    high: {
      name: 'Highest Level',
      description: 'With levels: pixels above it are black. Left out, there is no upper limit.',
      type: 'float',
      required: false,
    },
  },
  async perform({ input_files, method, low, high }, work) {
    mustBeFew(input_files)
    if (method === 'levels') mustBeLevels(low, high)
    const leftOut: LeftOut[] = []
    const files: {
      basename: string
      low: number | null
      high: number | null
      fraction: number | null
      blank: number
    }[] = []
    for await (const { file, index, image } of inTurn(work, input_files, { leftOut })) {
      const grey = greyOf(image)
      const level = method === 'otsu' ? otsu(grey.samples) : null
      const isWhite = method === 'otsu' ? above(level) : between(low, high)
      const { mask, fraction, blank } = masked(grey, isWhite)
      const levels = method === 'otsu' ? { low: level, high: null } : { low: low ?? null, high: high ?? null }
      await work.fits(nameFor('threshold', file, index), mask, { stretch: null, of: [file] })
      files.push({ basename: file.basename, ...levels, fraction: finite(fraction), blank })
    }
    const columns = ['basename', 'low', 'high', 'fraction', 'blank']
    await work.table(
      'threshold',
      columns,
      files.map(({ basename, low, high, fraction, blank }) => [basename, low, high, fraction, blank]),
    )
    work.data(told({ method }, files, leftOut))
  },
})

function mustBeLevels(low: number | undefined, high: number | undefined) {
  if (low === undefined && high === undefined)
    throw new OperationError('no_levels', 'give the lowest level, the highest, or both; or take the method otsu')
  if (low !== undefined && high !== undefined && low > high)
    throw new OperationError('bad_levels', `the lowest level ${low} is above the highest ${high}: nothing lies between`)
}

/** A picture of one level has nothing above it. */
function above(level: number | null): (value: number) => boolean {
  return level === null ? () => false : (value) => value > level
}

function between(low = Number.NEGATIVE_INFINITY, high = Number.POSITIVE_INFINITY): (value: number) => boolean {
  return (value) => value >= low && value <= high
}

/** White is 255, as it is shown; blank pixels are black, and no part of the share. */
function masked({ width, height, samples }: Image, isWhite: (value: number) => boolean) {
  const mask = new Uint8Array(samples.length)
  let [white, blank] = [0, 0]
  for (let i = 0; i < mask.length; i++) {
    const value = samples[i] as number
    if (Number.isNaN(value)) blank += 1
    else if (isWhite(value)) {
      mask[i] = 255
      white += 1
    }
  }
  const fraction = white / (mask.length - blank)
  return { mask: { width, height, planes: 1, samples: mask }, fraction, blank }
}
