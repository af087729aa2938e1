import { medianOfPictures } from '../arithmetic/median.ts'
import { picturesOf } from '../arithmetic/pictures.ts'
import { operation } from '../operation.ts'

/**
 * The median of many pictures, sample by sample and plane by plane: what moves is gone, the empty scene stays. Blank
 * samples are left out; where all are blank the result is. An even number of samples gives the mean of the middle two.
 */
export const median = operation({
  name: 'Median',
  description: 'The median of each pixel over all input files: what moved is gone, the still scene stays.',
  category: 'image',
  inputs: {
    input_files: {
      name: 'Input Files',
      description:
        'The files to take the median of, all of one size. What is seen in less than half of them goes: take pictures of one ' +
        'camera and one light, and if need be of one state.',
      type: 'fits',
      minimum: 2,
      maximum: 999,
    },
  },
  async perform({ input_files }, work) {
    const image = await medianOfPictures(picturesOf(input_files, work), { report: (done) => work.report(0.95 * done) })
    await work.fits('median', image, { stretch: image.of === 'u8' ? null : 'zscale', keepsUnit: true })
  },
})
