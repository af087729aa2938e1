import { type Image, moments } from '@ajar/images'
import { layoutOf } from './_amplifiers.ts'
import { cellOf } from './_answer.ts'
import { mosaicOf, picturesIn } from './_mosaic.ts'
import { pythonText } from './_numbers.ts'
import { PICTURE, pathOf, pictureAt } from './_picture.ts'
import { Refusal } from './_refusal.ts'
import { areaOrNone, REGION, samplesOf } from './_region.ts'
import type { Params, Work } from './_work.ts'

const AREAS = ['data', 'pre', 'post', 'over'] as const
const MOST = 10_000

/** Null: it has none of the kind. Older clients say `data` where newer ones say `value`. */
const AREA = { ...REGION, type: ['object', 'null'], required: ['type'] }

export const schema = {
  type: 'object',
  properties: {
    ...PICTURE,
    _type: { ...PICTURE._type, default: '.csv' },
    regions: {
      type: 'array',
      maxItems: MOST,
      items: {
        type: 'object',
        properties: { name: { type: 'string' }, data: AREA, pre: AREA, post: AREA, over: AREA },
        required: ['name'],
      },
      description:
        'The amplifiers and their areas, as "boundary" answers them under "data"; left out: those that it would.',
    },
  },
  required: ['_imageURL'],
}

type Regions = Record<string, unknown>[]

/**
 * How noisy each amplifier of a sensor is: the standard deviation of its data, and of the columns and rows that saw no light.
 *
 * Answers a CSV table with the header `Amplifier, Data, Pre, Post, Over` and a row for each amplifier; `nan` where an area has no
 * pixels. As JSON its lines stand under `data`. The picture that is measured is the mosaic of all amplifiers where a file
 * has one, else its first image; `extension` names another.
 */
export default async function task(params: Params, work: Work): Promise<unknown> {
  const { _type } = params
  if (_type !== undefined && _type !== null && _type !== '' && _type !== '.csv' && _type !== '.json')
    throw new Refusal(`_type is ${JSON.stringify(_type)}: it has to be ".csv" or ".json"`)
  const path = await pathOf(params, work)
  const { mosaic, amplifiers } = layoutOf(await picturesIn(path))
  const isMosaic = mosaic !== null && (params.extension ?? '') === ''
  const image = isMosaic ? await mosaicOf(path) : await pictureAt(path, params)
  const regions: Regions =
    params.regions === undefined || params.regions === null ? amplifiers.map(regionsOf) : listOf(params.regions)
  const rows = regions.map((region) =>
    [cellOf(String(region.name ?? '')), ...AREAS.map((area) => noiseOf(image, region[area]))].join(','),
  )
  const lines = ['Amplifier, Data, Pre, Post, Over', ...rows]
  return _type === '.json' ? { data: lines } : work.file('graphNoise.csv', lines.map((line) => `${line}\n`).join(''))
}

function regionsOf({ name, ...areas }: ReturnType<typeof layoutOf>['amplifiers'][number]) {
  return {
    name,
    ...Object.fromEntries(AREAS.map((area) => [area, areas[area] && { type: 'rect', value: areas[area] }])),
  }
}

function listOf(regions: unknown): Regions {
  if (Array.isArray(regions) && regions.length <= MOST && regions.every((one) => typeof one === 'object' && one))
    return regions
  throw new Refusal(`regions is a list of at most ${MOST} amplifiers {"name","data","pre","post","over"}`)
}

/** `boundary` once told areas under `data`, and later under `value`. */
function noiseOf(image: Image, region: unknown): string {
  if (region === undefined || region === null) return 'nan'
  const { type, value, data } = region as Record<string, unknown>
  const area = areaOrNone({ type, value: value ?? data }, image)
  return pythonText(area ? moments(samplesOf(image, area)).deviation : Number.NaN)
}
