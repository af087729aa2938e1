import { layoutOf } from './_amplifiers.ts'
import { answer } from './_answer.ts'
import { picturesIn } from './_mosaic.ts'
import { PICTURE, pathOf } from './_picture.ts'
import type { Rect } from './_sections.ts'
import type { Params, Work } from './_work.ts'

const { _imageURL, _type } = PICTURE

export const schema = { type: 'object', properties: { _imageURL, _type }, required: ['_imageURL'] }

const AREAS = ['all', 'data', 'pre', 'post', 'over'] as const

/**
 * Where the amplifiers of a sensor are in its picture, by the keywords DETSEC, DATASEC, BIASSEC and DETSIZE of a FITS file.
 *
 * Answers `{"type":"CCD","data":[{"name","all","data","pre","post","over"}]}`, or the type `CCD-OVERSCAN` where pictures
 * have columns or rows that saw no light. Each area is `{"type":"rect","data":{"x1","x2","y1","y2"}}` in the pixels of the
 * mosaic that the amplifiers make together (`extension: "mosaic"` of other tasks), or of its own picture where a file has no
 * mosaic; x and y from 0, both ends in it. An area of no pixels ends one before it begins; of a `CCD` the last three are null.
 * `extension` is the number of the image in the file. What stands under `data` stands under `value` too, for clients that look there.
 */
export default async function task(params: Params, work: Work): Promise<unknown> {
  const { type, amplifiers } = layoutOf(await picturesIn(await pathOf(params, work)))
  const data = amplifiers.map(({ name, index, ...areas }) => ({
    name,
    ...Object.fromEntries(AREAS.map((area) => [area, rectOf(areas[area])])),
    extension: index,
  }))
  const rows = amplifiers.flatMap((one) =>
    AREAS.flatMap((area) => {
      const rect = one[area]
      return rect ? [[one.name, area, rect.x1, rect.x2, rect.y1, rect.y2]] : []
    }),
  )
  return answer(params, work, 'boundary', { type, data, value: data }, ['name', 'area', 'x1', 'x2', 'y1', 'y2'], rows)
}

function rectOf(rect: Rect | null) {
  return rect && { type: 'rect', data: rect, value: rect }
}
