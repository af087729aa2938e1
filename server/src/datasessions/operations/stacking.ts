import { picturesOf } from '../arithmetic/pictures.ts'
import { stackOfPictures } from '../arithmetic/stack.ts'
import { operation } from '../operation.ts'

/**
 * Pictures added up, sample by sample and plane by plane. Blank samples are left out: the sum is that of the others, and
 * their mean does not get darker by it. Where all are blank the result is.
 */
export const stacking = operation({
  name: 'Stacking',
  description: 'All input files added up pixel by pixel, or their mean: noise goes down, faint things show.',
  category: 'image',
  inputs: {
    input_files: {
      name: 'Input Files',
      description: 'The files to stack, all of one size.',
      type: 'fits',
      minimum: 2,
      maximum: 999,
    },
    method: {
      name: 'Method',
      description: 'The sum of each pixel over all files in which it is not blank, or the mean of those.',
      type: 'select',
      options: ['sum', 'mean'],
      default: 'sum',
    },
  },
  async perform({ input_files, method }, work) {
    const image = await stackOfPictures(picturesOf(input_files, work), {
      method,
      report: (done) => work.report(0.95 * done),
    })
    await work.fits('stack', image, { stretch: 'zscale', keepsUnit: true })
  },
})
