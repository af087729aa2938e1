import { clockIn, TIME_ZONE } from '../drawing/clock.ts'
import { Sheet } from '../drawing/sheet.ts'
import { fitted, planar, shown } from '../drawing/shown.ts'
import { mustHaveFont } from '../drawing/svg.ts'
import { inTimeOrder, inTurn, type LeftOut } from '../measures/each-picture.ts'
import { told } from '../measures/told.ts'
import { operation } from '../operation.ts'

/** Many pictures at a glance. */
export const contactSheet = operation({
  name: 'Contact Sheet',
  description: 'Puts small copies of the files side by side on one sheet, each with its time and state below.',
  category: 'image',
  inputs: {
    input_files: {
      name: 'Input Files',
      description: 'The files to put on the sheet, in the order of their time.',
      type: 'fits',
      minimum: 1,
      maximum: 999,
    },
    columns: {
      name: 'Columns',
      description: 'How many pictures stand side by side.',
      type: 'int',
      minimum: 1,
      maximum: 20,
      default: 5,
      required: false,
    },
    width: {
      name: 'Width',
      description: 'Of each picture on the sheet, in pixels.',
      type: 'int',
      minimum: 40,
      maximum: 800,
      default: 240,
      required: false,
    },
    most: {
      name: 'Most Pictures',
      description: 'Where more files are given, so many of them are taken, evenly spread from the first to the last.',
      type: 'int',
      minimum: 1,
      maximum: 500,
      default: 100,
      required: false,
    },
    caption: {
      name: 'Caption',
      description: 'What stands below each picture.',
      type: 'select',
      options: ['time and state', 'time', 'name', 'nothing'],
      default: 'time and state',
      required: false,
    },
    time_zone: TIME_ZONE,
  },
  dependsOn: ['recorded', 'cameras'],
  async perform({ input_files, columns, width, most, caption, time_zone }, work) {
    const clock = clockIn(time_zone)
    if (caption !== 'nothing') await mustHaveFont()
    const files = evenly(inTimeOrder(input_files), most)
    const states = [...new Set(Object.values(work.cameras ?? {}).flatMap(({ states }) => states))]
    const leftOut: LeftOut[] = []
    let sheet: Sheet | null = null
    for await (const { file, image, takenAt } of inTurn(work, files, { leftOut, share: [0, 0.9] })) {
      sheet ??= new Sheet({
        columns,
        width,
        first: image,
        count: files.length,
        hasCaptions: caption !== 'nothing',
        states,
      })
      const time = takenAt === null ? file.basename : clock(takenAt)
      const state = caption === 'time and state' ? (file.recorded?.state ?? null) : null
      const picture = await fitted(shown(image), sheet.box.width, sheet.box.height)
      sheet.add(picture, caption === 'name' ? file.basename : time, state)
    }
    if (!sheet) return // the loop says why, and never ends without one
    const { rgb, width: across, height: down } = await sheet.finished()
    await work.picture('contact-sheet', planar(rgb, across, down))
    await work.report(1)
    work.data(told({ given: input_files.length, shown: sheet.count, width: across, height: down }, [], leftOut))
  },
})

function evenly<T>(items: readonly T[], most: number): T[] {
  if (items.length <= most) return [...items]
  const step = most > 1 ? (items.length - 1) / (most - 1) : 0
  return Array.from({ length: most }, (_, i) => items[Math.round(i * step)] as T)
}
