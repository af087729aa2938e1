import { mustMatch } from '../arithmetic/pictures.ts'
import { difference } from '../arithmetic/pixelwise.ts'
import { mustBeFew } from '../measures/must-be-few.ts'
import { nameFor } from '../measures/name-for.ts'
import { OperationError, operation } from '../operation.ts'

/** One picture taken from each of many: samples below zero stay below zero, and what is blank in either is blank. */
export const subtraction = operation({
  name: 'Subtraction',
  description: 'The subtraction file taken from each input file, pixel by pixel: what differs stays.',
  category: 'image',
  inputs: {
    input_files: {
      name: 'Input Files',
      description: 'The files to subtract from; each gives an output.',
      type: 'fits',
      minimum: 1,
      maximum: 500,
    },
    subtraction_file: {
      name: 'Subtraction File',
      description: 'What is subtracted, such as the median of an empty scene; of the same size.',
      type: 'fits',
      minimum: 1,
      maximum: 1,
    },
  },
  async perform({ input_files, subtraction_file }, work) {
    mustBeFew(input_files)
    const [file] = subtraction_file
    if (!file) throw new OperationError('no_file', 'There is no subtraction file.')
    const subtrahend = await work.load(file)
    for (const [i, input] of input_files.entries()) {
      const minuend = await work.load(input)
      mustMatch({ name: input.basename, shape: minuend }, { name: file.basename, shape: subtrahend })
      await work.fits(nameFor('subtracted', input, i), difference(minuend, subtrahend), {
        ...{ stretch: 'zscale', of: [input], besides: [file], keepsUnit: true },
      })
      await work.report((i + 1) / input_files.length)
    }
  },
})
