import { join } from 'node:path'
import { type Image, isBytes } from '@ajar/images'
import { clockIn, TIME_ZONE } from '../drawing/clock.ts'
import { Film } from '../drawing/film.ts'
import { limitsFor } from '../drawing/limits-for.ts'
import { fitted, type Limits, planar, type Shown, shown } from '../drawing/shown.ts'
import { stampOver } from '../drawing/stamp.ts'
import { mustHaveFont } from '../drawing/svg.ts'
import { inTimeOrder, inTurn, type LeftOut, type Turn } from '../measures/each-picture.ts'
import { told } from '../measures/told.ts'
import { OperationError, operation } from '../operation.ts'

/** libx264's constant rate factors. */
const QUALITY = { small: 30, normal: 23, high: 17 }
/** H.264 level 5.2 goes so far, and so do players. */
const MOST_PIXELS = 4096 * 2304
/** The film is the same for all: what is narrower than that shows nothing. */
const LEAST_SIDE = 16

/** A day in a minute. */
export const timeLapse = operation({
  name: 'Time-lapse',
  description:
    'Makes a film of the files, one after the other in the order of their time: MP4 with H.264, which every browser plays.',
  category: 'video',
  inputs: {
    input_files: {
      name: 'Input Files',
      description:
        'The pictures of the film. What is of another shape than the first is shown whole, with black beside it.',
      type: 'fits',
      minimum: 1,
      maximum: 999,
    },
    fps: {
      name: 'Pictures A Second',
      description: 'How many pictures are shown each second.',
      type: 'float',
      minimum: 0.5,
      maximum: 60,
      default: 12,
      required: false,
    },
    width: {
      name: 'Width',
      description: 'Of the film in pixels; left out, it is as wide as its first picture. The height follows.',
      type: 'int',
      minimum: LEAST_SIDE,
      maximum: 4096,
      required: false,
    },
    stamp: {
      name: 'Stamp',
      description: 'What is written into each picture.',
      type: 'select',
      options: ['nothing', 'time', 'time and state'],
      default: 'time',
      required: false,
    },
    quality: {
      name: 'Quality',
      description: 'small makes small files, high keeps fine details.',
      type: 'select',
      options: ['small', 'normal', 'high'],
      default: 'normal',
      required: false,
    },
    time_zone: TIME_ZONE,
  },
  dependsOn: ['recorded'],
  async perform({ input_files, fps, width, stamp, quality, time_zone }, work) {
    const clock = clockIn(time_zone)
    if (stamp !== 'nothing') await mustHaveFont()
    const path = join(work.scratch, 'time-lapse.mp4')
    const leftOut: LeftOut[] = []
    let film: Film | null = null
    let size = { width: 0, height: 0 }
    let limits: Limits | null = null
    let poster: Shown | null = null
    let [pictures, otherShapes] = [0, 0]
    try {
      for await (const turn of inTurn(work, inTimeOrder(input_files), { leftOut, share: [0, 0.98] })) {
        if (!film) {
          size = sizeFor(turn.image, width)
          film = Film.begin(path, { ...size, fps, quality: QUALITY[quality as keyof typeof QUALITY] })
        }
        limits ??= limitsFor(turn.image)
        if (!isOfShape(turn.image, size)) otherShapes += 1
        const over = stamp === 'nothing' ? null : stampOver(textOf(turn, clock, stamp === 'time and state'), size)
        const frame = await fitted(
          shown(turn.image, isBytes(turn.image) ? null : limits),
          size.width,
          size.height,
          over,
        )
        poster ??= frame
        await film.add(frame.rgb)
        pictures += 1
      }
      await film?.end()
    } finally {
      film?.abandon()
    }
    if (!poster) throw new OperationError('none_readable', 'there is no picture to make a film of')
    await work.video('time-lapse', path, planar(poster.rgb, poster.width, poster.height))
    await work.report(1)
    work.data(told({ ...size, fps, pictures, seconds: pictures / fps, other_shapes: otherShapes }, [], leftOut))
  },
})

/** Both sides even, as H.264 has them for colours of half the size. */
function sizeFor({ width, height }: Image, wanted: number | undefined): { width: number; height: number } {
  let scale = (wanted ?? width) / width
  if (width * scale * height * scale > MOST_PIXELS) scale = Math.sqrt(MOST_PIXELS / (width * height))
  const even = (side: number) => Math.max(2 * Math.round((side * scale) / 2), LEAST_SIDE)
  return { width: even(width), height: even(height) }
}

/** To the pixel that makes sides even. */
function isOfShape({ width, height }: Image, size: { width: number; height: number }): boolean {
  return Math.abs(height * (size.width / width) - size.height) <= 2
}

function textOf({ file, takenAt }: Turn, clock: (at: number) => string, withState: boolean): string {
  const time = takenAt === null ? file.basename : clock(takenAt)
  return withState && file.recorded ? `${time}  ${file.recorded.state}` : time
}
