import { healthOf } from '@ajar/images'
import { chart } from '../drawing/chart.ts'
import { clockIn, isoOf, TIME_ZONE } from '../drawing/clock.ts'
import { inTimeOrder, inTurn, type LeftOut, type Turn } from '../measures/each-picture.ts'
import { SteadyPixels } from '../measures/steady-pixels.ts'
import { finite, told } from '../measures/told.ts'
import { operation } from '../operation.ts'

/** Positions of hot pixels that are compared between files, and that are told. */
const MOST_COMPARED = 20_000
const MOST_PLACES = 1000

/** Whether a camera sees well: its light, its noise, its focus, and what is wrong with its sensor. */
export const frameStatistics = operation({
  name: 'Frame Statistics',
  description:
    'How good the pictures are: brightness, noise, sharpness, how much is too dark or too bright to be told apart, and ' +
    'hot pixels, which shine in picture after picture because the sensor has them.',
  category: 'analysis',
  inputs: {
    input_files: {
      name: 'Input Files',
      description: 'The files to measure; colours count by their brightness. Hot pixels show best in dark pictures.',
      type: 'fits',
      minimum: 1,
      maximum: 999,
    },
    hot: {
      name: 'Hot Pixels: Times The Noise',
      description:
        'A pixel is hot where it is brighter than each of its neighbours by more than so many times the noise.',
      type: 'float',
      minimum: 3,
      maximum: 1000,
      default: 10,
      required: false,
    },
    time_zone: TIME_ZONE,
  },
  async perform({ input_files, hot, time_zone }, work) {
    const clock = clockIn(time_zone)
    const leftOut: LeftOut[] = []
    const all: Measured[] = []
    const steady = new SteadyPixels()
    for await (const turn of inTurn(work, inTimeOrder(input_files), { leftOut })) {
      const measured = measure(turn, hot)
      all.push(measured)
      steady.add(turn.image, measured.hot.at)
    }
    const sensor = steady.found(MOST_PLACES)
    await work.table('statistics', ['basename', 'time', 'state', ...Object.keys(numbersOf(all[0]))], all.map(rowOf))
    await work.table(
      'hot-pixels',
      ['x', 'y', 'files'],
      sensor.pixels.map(({ x, y, files }) => [x, y, files]),
    )
    if (all.length > 1) await work.picture('statistics-chart', await chartOf(all, clock))
    const files = all.map((one) => ({
      ...{ basename: one.basename, time: one.time, ...numbersOf(one) },
      ...(all.length === 1
        ? { hot_pixels_at: one.hot.at.slice(0, MOST_PLACES).map((at) => [at % one.width, Math.floor(at / one.width)]) }
        : {}),
    }))
    work.data(told({ sensor }, files, leftOut))
  },
})

type Measured = ReturnType<typeof measure>

function measure({ file, image, cards, takenAt }: Turn, times: number) {
  const { width, height } = image
  return {
    ...{ basename: file.basename, time: isoOf(takenAt), takenAt, state: file.recorded?.state ?? null },
    ...{ width, height },
    ...healthOf(image, cards, { times, most: MOST_COMPARED }),
  }
}

/** What is measured of a file, by the names that it has in table and JSON. */
function numbersOf(one: Measured | undefined): Record<string, number | null> {
  const { width, height, blank, mean, median, deviation, low, high, noise, sharpness, dark, bright, hot } = one ?? NONE
  return {
    ...{ width, height, blank, mean: finite(mean), median: finite(median), deviation: finite(deviation) },
    ...{ minimum: finite(low), maximum: finite(high), noise: finite(noise), sharpness: finite(sharpness) },
    ...{ clipped_dark: finite(dark), clipped_bright: finite(bright), hot_pixels: hot.count },
  }
}

const NONE = {
  ...{ width: 0, height: 0, blank: 0, mean: 0, median: 0, deviation: 0, low: 0, high: 0, noise: 0, sharpness: 0 },
  ...{ dark: 0, bright: 0, hot: { count: 0 } },
}

function rowOf(one: Measured): (string | number | null)[] {
  return [one.basename, one.time, one.state, ...Object.values(numbersOf(one))]
}

function chartOf(all: readonly Measured[], clock: (at: number) => string) {
  const hasTimes = all.every(({ takenAt }) => takenAt !== null)
  const points = (pick: (one: Measured) => number) =>
    all.map((one, i) => ({ x: hasTimes ? (one.takenAt as number) : i + 1, y: pick(one) }))
  const lines = [
    { name: 'median', colour: '#0b6a86', points: points(({ median }) => median) },
    { name: 'noise', colour: '#c46a00', points: points(({ noise }) => noise) },
  ]
  const across = hasTimes ? 'time' : 'file'
  return chart({ title: 'Brightness and noise', across, lines, ...(hasTimes ? { clock } : {}) })
}
