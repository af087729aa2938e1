import { greyOf, type Image, isBytes, isWhole } from '@ajar/images'
import { medianOfPictures } from '../arithmetic/median.ts'
import { picturesOf } from '../arithmetic/pictures.ts'
import { chart } from '../drawing/chart.ts'
import { clockIn, isoOf, TIME_ZONE } from '../drawing/clock.ts'
import { marked } from '../drawing/marked.ts'
import { type Change, changeOf, type Judge } from '../measures/change.ts'
import { inTimeOrder, inTurn, type LeftOut, mustBeAlike, read } from '../measures/each-picture.ts'
import { nameFor } from '../measures/name-for.ts'
import { finite, told } from '../measures/told.ts'
import { type InputFile, OperationError, type OperationWork, operation } from '../operation.ts'

interface Found extends Omit<Change, 'mask' | 'difference'> {
  file: InputFile
  takenAt: number | null
}

/** The share of the work that the background is, of three passes over the files. */
const [BACKGROUND, MEASURED] = [0.45, 0.9]

/** What changed in each frame, measured against the scene without anybody in it. */
export const differenceFromBackground = operation({
  name: 'Difference From Background',
  description:
    'Compares each file with the still scene: how much of it changed, and where. The scene is a file that you choose, or ' +
    'the median of all files, in which what moves is gone.',
  category: 'analysis',
  inputs: {
    input_files: {
      name: 'Input Files',
      description: 'The files to compare, all of one size. Without a background give at least three.',
      type: 'fits',
      minimum: 1,
      maximum: 999,
    },
    background: {
      name: 'Background',
      description: 'A picture of the still scene; left out, it is the median of all input files.',
      type: 'fits',
      minimum: 0,
      maximum: 1,
      required: false,
    },
    k: {
      name: 'Times The Noise',
      description:
        'A pixel has changed where it differs by more than so many times the noise of the comparison. Lower finds fainter ' +
        'changes, and takes more noise for one.',
      type: 'float',
      minimum: 1,
      maximum: 1000,
      default: 5,
      required: false,
    },
    least: {
      name: 'Least Difference',
      description:
        'What differs by less has not changed, however little noise there is; in levels, of which 8-bit pictures have 256.',
      type: 'float',
      minimum: 0,
      default: 0,
      required: false,
    },
    light: {
      name: 'Light',
      description:
        'ignore: all of a picture being brighter or darker is no change, as when a cloud passes. keep: it is one.',
      type: 'select',
      options: ['ignore', 'keep'],
      default: 'ignore',
      required: false,
    },
    pictures: {
      name: 'Pictures',
      description: 'Of so many files, those that changed most, pictures are made that show where.',
      type: 'int',
      minimum: 0,
      maximum: 50,
      default: 4,
      required: false,
    },
    time_zone: TIME_ZONE,
  },
  async perform({ input_files, background, k, least, light, pictures, time_zone }, work) {
    const clock = clockIn(time_zone)
    const scene = await backgroundOf(work, input_files, background?.[0])
    const grey = greyOf(scene.image)
    const judge: Judge = { k, least, ignoresLight: light === 'ignore', isWhole: scene.isWhole }
    const leftOut: LeftOut[] = []
    const found: Found[] = []
    for await (const { file, image, takenAt } of inTurn(work, inTimeOrder(input_files), {
      leftOut,
      share: [BACKGROUND, MEASURED],
    })) {
      mustBeAlike(scene, { file, image })
      const { fraction, noise, limit, shift, largest } = changeOf(greyOf(image), grey, judge)
      found.push({ file, takenAt, fraction, noise, limit, shift, largest })
    }
    await work.fits('background', scene.image, { stretch: scene.isBytes ? null : 'zscale' })
    await work.table('changes', COLUMNS, found.map(rowOf))
    await work.picture('changes-chart', await chartOf(found, clock))
    for (const [i, { file }] of mostChanged(found, pictures).entries()) await show(work, file, i, grey, judge)
    await work.report(1)
    work.data(told({ k, background: background?.[0]?.basename ?? null }, found.map(bodyOf), leftOut))
  },
})

async function backgroundOf(work: OperationWork, files: readonly InputFile[], chosen: InputFile | undefined) {
  if (chosen) {
    const { image } = await read(work, chosen)
    return { file: chosen, image, isBytes: isBytes(image), isWhole: isWhole(image) }
  }
  const [first] = files
  if (!first || files.length < LEAST_FOR_MEDIAN)
    throw new OperationError(
      'no_background',
      `of ${files.length} files no median shows the still scene: give at least ${LEAST_FOR_MEDIAN}, or choose a background`,
    )
  const report = (done: number) => work.report(BACKGROUND * done)
  const image = await medianOfPictures(picturesOf(files, work), { report })
  const isLevels = image.of !== 'f32' && image.of !== 'f64'
  return { file: { ...first, basename: 'the median' }, image, isBytes: image.of === 'u8', isWhole: isLevels }
}

const LEAST_FOR_MEDIAN = 3

const COLUMNS = [
  ...['basename', 'time', 'state', 'fraction', 'noise', 'limit', 'light'],
  ...['largest_pixels', 'largest_x', 'largest_y', 'largest_width', 'largest_height'],
]

function rowOf({ file, takenAt, fraction, noise, limit, shift, largest }: Found): (string | number | null)[] {
  const box = [largest?.pixels, largest?.x, largest?.y, largest?.width, largest?.height].map((one) => one ?? null)
  const measured = [fraction, noise, limit, shift].map(finite)
  return [file.basename, isoOf(takenAt), file.recorded?.state ?? null, ...measured, ...box]
}

function bodyOf({ file, takenAt, fraction, largest }: Found): object {
  return { basename: file.basename, time: isoOf(takenAt), fraction: finite(fraction), largest }
}

function mostChanged(found: readonly Found[], count: number): Found[] {
  const order = found.filter(({ fraction }) => fraction > 0).sort((a, b) => b.fraction - a.fraction)
  return order.slice(0, count)
}

async function show(work: OperationWork, file: InputFile, rank: number, background: Image, judge: Judge) {
  const { image } = await read(work, file)
  const { mask, difference, largest } = changeOf(greyOf(image), background, judge)
  await work.picture(nameFor('changed', file, rank), await marked(image, mask, largest))
  await work.fits(nameFor('difference', file, rank), difference, { stretch: 'zscale', of: [file] })
}

function chartOf(found: readonly Found[], clock: (at: number) => string): Promise<Image> {
  const hasTimes = found.every(({ takenAt }) => takenAt !== null)
  const points = found.map(({ takenAt, fraction }, i) => ({
    x: hasTimes ? (takenAt as number) : i + 1,
    y: 100 * fraction,
  }))
  return chart({
    title: 'How much of the picture changed, in per cent',
    across: hasTimes ? 'time' : 'file',
    fromZero: true,
    lines: [{ name: 'changed', colour: '#0b6a86', points }],
    ...(hasTimes ? { clock } : {}),
  })
}
