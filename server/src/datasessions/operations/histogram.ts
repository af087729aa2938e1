import { countsOf, edgesOf, isBytes, moments, planeNames, planeOf } from '@ajar/images'
import { chart } from '../drawing/chart.ts'
import { inTurn, type LeftOut } from '../measures/each-picture.ts'
import { told } from '../measures/told.ts'
import { type InputFile, OperationError, type OperationWork, operation } from '../operation.ts'

const COLOURS: Record<string, string> = { red: '#b3261e', green: '#137a4b', blue: '#1272a6' }
const GREY = '#13171d'

/** How often each level occurs, of each plane: of all files together, and of each. */
export const histogram = operation({
  name: 'Histogram',
  description: 'Counts how many pixels have which level, for each colour, of each file and of all together.',
  category: 'analysis',
  inputs: {
    input_files: {
      name: 'Input Files',
      description: 'The files whose pixels are counted; their sizes may differ.',
      type: 'fits',
      minimum: 1,
      maximum: 999,
    },
    bins: {
      name: 'Bins',
      description: 'Into how many equal spans the levels are parted.',
      type: 'int',
      minimum: 2,
      maximum: 4096,
      default: 256,
      required: false,
    },
    low: {
      name: 'From Level',
      description:
        'Where the first span begins; left out, at 0 for 8-bit pictures, else at the lowest level of all files.',
      type: 'float',
      required: false,
    },
    high: {
      name: 'To Level',
      description:
        'Where the last span ends; left out, at 256 for 8-bit pictures, else at the highest level of all files.',
      type: 'float',
      required: false,
    },
    scale: {
      name: 'Scale',
      description: 'How the chart shows counts: logarithmic also shows levels that few pixels have.',
      type: 'select',
      options: ['linear', 'logarithmic'],
      default: 'linear',
      required: false,
    },
  },
  async perform({ input_files, bins, low, high, scale }, work) {
    const leftOut: LeftOut[] = []
    const range = await rangeOf(work, input_files, low, high)
    const edges = edgesOf(range.low, range.high, bins)
    const edge = (bin: number) => edges[bin] as number
    const sums = new Map<string, Float64Array>()
    const files: { basename: string; planes: { plane: string; outside: number; blank: number }[] }[] = []
    const rows: [string, string, Float64Array][] = []
    for await (const { file, image } of inTurn(work, input_files, { leftOut, share: [0.5, 1] })) {
      const planes = planeNames(image.planes).map((plane, i) => {
        const counted = countsOf(planeOf(image, i), range.low, range.high, bins)
        const sum = sums.get(plane) ?? new Float64Array(bins)
        for (let bin = 0; bin < bins; bin++) sum[bin] = (sum[bin] as number) + (counted.counts[bin] as number)
        sums.set(plane, sum)
        rows.push([file.basename, plane, counted.counts])
        return { plane, outside: counted.below + counted.above, blank: counted.blank }
      })
      files.push({ basename: file.basename, planes })
    }
    await work.picture(
      'histogram-chart',
      await chart({
        title: 'Pixels of each level',
        across: 'level',
        lines: [...sums].map(([name, counts]) => ({
          name,
          colour: COLOURS[name] ?? GREY,
          points: Array.from({ length: bins + 1 }, (_, bin) => ({
            x: edge(bin),
            y: counts[Math.min(bin, bins - 1)] as number,
          })),
        })),
        steps: true,
        logarithmic: scale === 'logarithmic',
      }),
    )
    const spans = Array.from({ length: bins }, (_, bin) => [edge(bin), edge(bin + 1)] as const)
    const together = [...sums].map(([plane, counts]): [string, string, Float64Array] => ['all', plane, counts])
    const all = [...(input_files.length > 1 ? together : []), ...rows]
    await work.table('histogram', ['basename', 'plane', 'from', 'to', 'count'], table(all, spans))
    const counts = [...sums].map(([plane, counts]) => ({ plane, counts: [...counts] }))
    work.data(told({ bins, ...range, planes: counts }, files, leftOut))
  },
})

interface Range {
  low: number
  high: number
}

function* table(rows: [string, string, Float64Array][], spans: (readonly [number, number])[]) {
  for (const [basename, plane, counts] of rows)
    for (const [bin, [from, to]] of spans.entries()) yield [basename, plane, from, to, counts[bin] as number]
}

/** From the least to the greatest level of all files, but for 8-bit pictures and where it is told. */
async function rangeOf(
  work: OperationWork,
  files: readonly InputFile[],
  low: number | undefined,
  high: number | undefined,
): Promise<Range> {
  let [least, most, allBytes] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, true]
  if (low === undefined || high === undefined)
    for await (const { image } of inTurn(work, files, { leftOut: [], share: [0, 0.5] })) {
      allBytes &&= isBytes(image)
      const { count, low, high } = moments(finiteOnly(image.samples))
      if (count > 0) [least, most] = [Math.min(least, low), Math.max(most, high)]
    }
  if (allBytes && least <= most) [least, most] = [0, 256]
  if (least > most) [least, most] = [0, 1]
  const range = { low: low ?? least, high: high ?? most }
  if (range.low === range.high && low === undefined && high === undefined)
    return { low: range.low - 0.5, high: range.high + 0.5 }
  if (range.low < range.high) return range
  throw new OperationError(
    'bad_range',
    `no level lies from ${range.low} to ${range.high}: give another first or last level`,
  )
}

/** Spans that reach to infinity cannot be parted. */
function finiteOnly<S extends ArrayLike<number>>(samples: S): S {
  if (!(samples instanceof Float32Array || samples instanceof Float64Array)) return samples
  return samples.map((value) => (Number.isFinite(value) ? value : Number.NaN)) as unknown as S
}
