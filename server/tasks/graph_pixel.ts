import { countsOf, edgesOf, moments, quantile, type Samples } from '@ajar/images'
import { answer } from './_answer.ts'
import { countOf, numberOr } from './_numbers.ts'
import { momentsOf, PART, partOf } from './_picture.ts'
import { Refusal } from './_refusal.ts'
import { samplesOf } from './_region.ts'
import type { Params, Work } from './_work.ts'

const LEVEL = { anyOf: [{ const: 'auto' }, { type: 'number' }], default: 'auto' }

export const schema = {
  type: 'object',
  properties: {
    ...PART,
    bins: {
      anyOf: [{ const: 'auto' }, { type: 'integer', minimum: 1, maximum: 100_000 }],
      default: 'auto',
      description: 'Into how many equal spans the levels are parted; "auto": as many as suit them.',
    },
    min: { ...LEVEL, description: 'Where the first span begins; "auto": at the lowest level.' },
    max: { ...LEVEL, description: 'Where the last span ends; "auto": at the highest level.' },
  },
  required: ['_imageURL'],
}

const MOST_BINS = 100_000

/**
 * How often each level occurs in a picture, or in a part of it: a histogram.
 *
 * Answers `{"main":[[count,low,high],...],"underflow":[[count,low,high]],"overflow":[[count,low,high]]}`: a span has its
 * lower edge, and the last one its upper edge too; levels below the first and above the last span are counted as underflow and
 * overflow, which are drawn as wide as a span. Blank pixels are left out. `"auto"` bins are numpy's: as many as the larger
 * one of the rules of Sturges and of Freedman and Diaconis says.
 */
export default async function task(params: Params, work: Work): Promise<unknown> {
  const [bins, min, max] = [
    numberOr('auto', params, 'bins'),
    numberOr('auto', params, 'min'),
    numberOr('auto', params, 'max'),
  ]
  if (bins !== undefined) countOf(bins, 'bins', MOST_BINS)
  const part = await partOf(params, work)
  const samples = samplesOf(part.image, part.area)
  const { low, high } = rangeOf(momentsOf(part), min, max)
  const count = bins ?? usualBins(samples, low, high)
  const { counts, below, above } = countsOf(samples, low, high, count)
  const edges = edgesOf(low, high, count)
  const main = Array.from(counts, (count, i) => [count, edges[i] as number, edges[i + 1] as number])
  const width = (high - low) / count
  const [underflow, overflow] = [[[below, low - width, low]], [[above, high, high + width]]]
  const rows = [...underflow, ...main, ...overflow]
  return answer(params, work, 'graph_pixel', { main, underflow, overflow }, ['count', 'low', 'high'], rows)
}

/** Limits that are told in the other order are taken as meant, and equal ones are drawn apart as numpy does. */
function rangeOf(levels: { low: number; high: number }, min: number | undefined, max: number | undefined) {
  const [one, other] = [min ?? levels.low, max ?? levels.high]
  if (!Number.isFinite(one) || !Number.isFinite(other))
    throw new Refusal('levels of this picture are infinite: say min and max')
  const [low, high] = one <= other ? [one, other] : [other, one]
  return low === high ? { low: low - 0.5, high: high + 0.5 } : { low, high }
}

/** `numpy.histogram_bin_edges(..., bins='auto')`, of the samples in the range. */
function usualBins(samples: Samples, low: number, high: number): number {
  const kept = within(samples, low, high)
  const own = moments(kept)
  if (!(own.high > own.low)) return 1
  const sturges = (own.high - own.low) / (Math.log2(own.count) + 1)
  const freedmanDiaconis = (2 * (quantile(kept, 0.75) - quantile(kept, 0.25))) / Math.cbrt(own.count)
  const width = freedmanDiaconis > 0 ? Math.min(freedmanDiaconis, sturges) : sturges
  return width > 0 ? Math.min(Math.ceil((high - low) / width), MOST_BINS) : 1
}

/** Those in the range, and blank ones; as they are where all of them are. */
function within(samples: Samples, low: number, high: number): Samples {
  const isOutside = (value: number) => value < low || value > high
  let count = 0
  for (let i = 0; i < samples.length; i++) if (!isOutside(samples[i] as number)) count += 1
  if (count === samples.length) return samples
  const kept = samples.slice(0, count)
  for (let i = 0, at = 0; i < samples.length; i++)
    if (!isOutside(samples[i] as number)) kept[at++] = samples[i] as number
  return kept
}
