import { type Card, healthOf, loadImage } from '@ajar/images'
import { answer } from './_answer.ts'
import { numberOf } from './_numbers.ts'
import { optionsOf, PICTURE, pathOf } from './_picture.ts'
import { Refusal } from './_refusal.ts'
import type { Params, Work } from './_work.ts'

export const schema = {
  type: 'object',
  properties: {
    ...PICTURE,
    times: {
      type: 'number',
      minimum: 3,
      maximum: 1000,
      default: 10,
      description:
        'A pixel is hot where it is brighter than each of its neighbours by more than so many times the noise.',
    },
  },
  required: ['_imageURL'],
}

/**
 * How well a camera sees, by one of its pictures: run it each night, and see in time that a lens fogs or a sensor ages.
 *
 * Answers `{"hot_pixels":3,"noise":1.9,"sharpness":410.2,"brightness":81.4,"too_dark":0.01,"too_bright":0}`: how many pixels
 * stand out alone; the noise, whatever the picture shows; the variance of its Laplacian, which falls as it gets blurred; the
 * mean level of its brightness; shares of samples, 0 to 1, at the ends of what can be told apart. What a picture does not
 * tell is left out: of floating point, where it is too dark or too bright. These become readings of the camera's device where
 * this runs by itself.
 */
export default async function task(params: Params, work: Work): Promise<unknown> {
  const times = numberOf(params, 'times') ?? 10
  let cards: readonly Card[] = []
  const onHeader = (read: readonly Card[]) => {
    cards = read
  }
  const image = await loadImage(await pathOf(params, work), { ...optionsOf(params), onHeader })
  const { hot, noise, sharpness, mean, dark, bright, count } = healthOf(image, cards, { times, most: 0 })
  if (count === 0) throw new Refusal('all pixels of the picture are blank')
  const all = {
    ...{ hot_pixels: hot.count, noise, sharpness, brightness: mean },
    ...{ too_dark: dark, too_bright: bright },
  }
  const found = Object.fromEntries(Object.entries(all).filter(([, value]) => Number.isFinite(value)))
  return answer(params, work, 'camera_health', found, Object.keys(found), [Object.values(found)])
}
