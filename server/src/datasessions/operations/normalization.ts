import { medianOf } from '../arithmetic/middle.ts'
import { quotient } from '../arithmetic/pixelwise.ts'
import { mustBeFew } from '../measures/must-be-few.ts'
import { nameFor } from '../measures/name-for.ts'
import { OperationError, operation } from '../operation.ts'

/**
 * Each picture divided by its median: the middle one of all its samples, of all planes, so that colours stay. Blank samples
 * have no part in the median and stay blank.
 */
export const normalization = operation({
  name: 'Normalization',
  description: 'Each input file divided by its own median, so that files of different brightness can be compared.',
  category: 'image',
  inputs: {
    input_files: {
      name: 'Input Files',
      description: 'The files to normalize; each gives an output whose median is 1.',
      type: 'fits',
      minimum: 1,
      maximum: 500,
    },
  },
  async perform({ input_files }, work) {
    mustBeFew(input_files)
    for (const [i, file] of input_files.entries()) {
      const image = await work.load(file)
      const median = medianOf(image.samples)
      if (Number.isNaN(median))
        throw new OperationError('all_blank', `All of ${file.basename} is blank, so it has no median. Leave it out.`)
      if (median === 0)
        throw new OperationError(
          'median_is_zero',
          `The median of ${file.basename} is 0, and nothing can be divided by that. Leave it out.`,
        )
      await work.fits(nameFor('normalized', file, i), quotient(image, median), { stretch: 'zscale', of: [file] })
      await work.report((i + 1) / input_files.length)
    }
  },
})
