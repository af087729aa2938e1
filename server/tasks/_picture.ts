import { greyOf, type Image, loadImage, type Moments, moments, openImage } from '@ajar/images'
import { mosaicOf } from './_mosaic.ts'
import { Refusal } from './_refusal.ts'
import { type Area, areaOf, REGION, samplesOf } from './_region.ts'
import type { Params, Work } from './_work.ts'

/** The parameters that every task of pictures takes, by JSON Schema. */
export const PICTURE = {
  _imageURL: {
    type: 'string',
    format: 'picture',
    title: 'Picture',
    description: 'The picture to measure: FITS (also .gz and .fz), JPEG or PNG. Colours count by their brightness.',
  },
  extension: {
    type: 'string',
    description:
      'Of a FITS file with several images the one to measure, by its EXTNAME or its number, where the primary one is 0; ' +
      '"mosaic": all amplifiers of a sensor together, as "boundary" tells of them. Left out: the one named SCI, else the first.',
  },
  _type: {
    enum: ['.json', '.csv'],
    default: '.json',
    description: 'The form of the result.',
  },
}

/** The same, and a part of it. */
export const PART = { ...PICTURE, region: REGION }

/** All of the picture that a task is told of, without its colours. @throws Refusal, ImageError where it cannot be read */
export async function pictureAt(path: string, params: Params): Promise<Image> {
  if (params.extension === 'mosaic') return mosaicOf(path)
  return greyOf(await loadImage(path, optionsOf(params)))
}

/** Where the picture is that a task is told of. @throws Refusal where it is told none */
export async function pathOf({ _imageURL }: Params, work: Work): Promise<string> {
  if (typeof _imageURL === 'string' && _imageURL !== '') return work.path(_imageURL)
  throw new Refusal('_imageURL is missing: it says which picture to measure')
}

export function optionsOf({ extension }: Params): { extension?: string | number } {
  if (extension === undefined || extension === null || extension === '') return {}
  if (typeof extension === 'number') return { extension }
  if (typeof extension === 'string') return { extension: /^\d+$/.test(extension) ? Number(extension) : extension }
  throw new Refusal(`extension is ${JSON.stringify(extension)}: it has to be a name or a number`)
}

/** The part of the picture that a task is told of. */
export interface Part {
  /** Its rows, all columns of them. */
  image: Image
  /** Of the picture the row that `image` begins with. */
  firstRow: number
  /** In `image`. */
  area: Area
}

/** Of a large picture the rows are read that count. */
export async function partOf(params: Params, work: Work): Promise<Part> {
  const path = await pathOf(params, work)
  const { region } = params
  if (params.extension === 'mosaic') {
    const image = await mosaicOf(path)
    return { image, firstRow: 0, area: areaOf(region, image) }
  }
  const reader = await openImage(path, optionsOf(params))
  try {
    const { width, planes } = reader
    const { top, bottom, columns } = areaOf(region, reader)
    const samples = await reader.rows(top, bottom + 1)
    const image = greyOf({ width, height: bottom + 1 - top, planes, samples })
    return { image, firstRow: top, area: { top: 0, bottom: bottom - top, columns: (y) => columns(y + top) } }
  } finally {
    await reader.close()
  }
}

/** Its moments, of all pixels that are not blank. @throws Refusal where all are */
export function momentsOf({ image, area }: Part): Moments {
  const all = moments(samplesOf(image, area))
  if (all.count > 0) return all
  throw new Refusal('all pixels of the region are blank')
}
