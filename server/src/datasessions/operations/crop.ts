import { type Card, type Image, isBytes, type Samples, type Shape } from '@ajar/images'
import { inTurn, type LeftOut, sizeOf } from '../measures/each-picture.ts'
import { mustBeFew } from '../measures/must-be-few.ts'
import { nameFor } from '../measures/name-for.ts'
import { told } from '../measures/told.ts'
import { type InputFile, OperationError, operation } from '../operation.ts'

interface Rectangle {
  x: number
  y: number
  width: number
  height: number
}

/** A rectangle of each picture, as it is: nothing is scaled, and FITS keeps its header. */
export const crop = operation({
  name: 'Crop',
  description: 'Cuts the same rectangle out of each file. Samples stay as they are; sky coordinates move along.',
  category: 'image',
  inputs: {
    input_files: {
      name: 'Input Files',
      description: 'The files to cut. The rectangle must lie within each of them.',
      type: 'fits',
      minimum: 1,
      maximum: 500,
    },
    x: {
      name: 'Left',
      description: 'The first column that is kept, in pixels of the full picture; 0 is the leftmost.',
      type: 'int',
      minimum: 0,
    },
    y: {
      name: 'Top',
      description: 'The first row that is kept, in pixels of the full picture; 0 is the topmost.',
      type: 'int',
      minimum: 0,
    },
    width: { name: 'Width', description: 'How many columns are kept.', type: 'int', minimum: 1 },
    height: { name: 'Height', description: 'How many rows are kept.', type: 'int', minimum: 1 },
  },
  async perform({ input_files, ...rectangle }, work) {
    mustBeFew(input_files)
    const leftOut: LeftOut[] = []
    const files: object[] = []
    const rows = (shape: Shape, file: InputFile): [number, number] => {
      mustLieWithin(rectangle, shape, file)
      return [rectangle.y, rectangle.y + rectangle.height]
    }
    for await (const { file, index, image, cards } of inTurn(work, input_files, { leftOut, rows })) {
      const part = columnsOf(image, rectangle.x, rectangle.width)
      await work.fits(nameFor('crop', file, index), part, {
        cards: moved(cards, rectangle),
        of: [file],
        stretch: isBytes(part) ? null : 'zscale',
      })
      files.push({ basename: file.basename, ...rectangle })
    }
    work.data(told({}, files, leftOut))
  },
})

function mustLieWithin({ x, y, width, height }: Rectangle, shape: Shape, file: InputFile) {
  if (width < 1 || height < 1)
    throw new OperationError('empty_rectangle', 'the rectangle holds no pixel: width and height are at least 1')
  if (x >= 0 && y >= 0 && x + width <= shape.width && y + height <= shape.height) return
  const columns = `columns ${x} to ${x + width - 1} and rows ${y} to ${y + height - 1}`
  throw new OperationError(
    'outside',
    `${columns} reach out of ${file.basename}, which is ${sizeOf(shape)}: ` +
      `columns 0 to ${shape.width - 1} and rows 0 to ${shape.height - 1} are there`,
  )
}

function columnsOf({ width, height, planes, samples }: Image, x: number, columns: number): Image {
  if (columns === width) return { width, height, planes, samples }
  const kept = new (samples.constructor as new (length: number) => Samples)(columns * height * planes)
  for (let row = 0; row < height * planes; row++)
    kept.set(samples.subarray(row * width + x, row * width + x + columns), row * columns)
  return { width: columns, height, planes, samples: kept }
}

/** Where the reference pixel lies, of any of the coordinate systems of a header (FITS 4.0, 8.2), and how far a part is from the whole. */
const ALONG = [/^(CRPIX1[A-Z]?|LTV1)$/, /^(CRPIX2[A-Z]?|LTV2)$/]
/** Parts of a detector in pixels of the full picture: they would be wrong of a part. */
const SECTIONS = /^(DATASEC|TRIMSEC|BIASSEC|CCDSEC|AMPSEC)$/

function moved(cards: readonly Card[], { x, y }: Rectangle): Card[] {
  return cards.flatMap((card) => {
    if (SECTIONS.test(card.keyword)) return []
    const shift = ALONG[0]?.test(card.keyword) ? x : ALONG[1]?.test(card.keyword) ? y : 0
    return [typeof card.value === 'number' && shift > 0 ? { ...card, value: card.value - shift } : card]
  })
}
