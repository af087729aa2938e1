import { type Image, zscale } from '@ajar/images'
import { type Channel, colorOf, colorPicture } from '../arithmetic/color.ts'
import { mustMatch } from '../arithmetic/pictures.ts'
import { type InputFile, OperationError, operation } from '../operation.ts'

const CHANNELS = [
  { input: 'red_input', plane: 0, color: [255, 0, 0] },
  { input: 'green_input', plane: 1, color: [0, 255, 0] },
  { input: 'blue_input', plane: 2, color: [0, 0, 255] },
] as const

/**
 * Three pictures as the red, green and blue of one, or in the colours that are said with them. Each is stretched from its
 * `zmin` to its `zmax`, and by zscale where those are not said. A colour picture gives its own red, green or blue: so
 * frames of three moments show in colour what moved between them.
 */
export const colorImage = operation({
  name: 'Color Image',
  description: 'Three files as the red, the green and the blue of one colour picture.',
  category: 'image',
  inputs: { red_input: channel('Red'), green_input: channel('Green'), blue_input: channel('Blue') },
  async perform(inputs, work) {
    const channels: (Channel & { name: string })[] = []
    for (const { input, plane, color } of CHANNELS) {
      const file = inputs[input][0]
      if (!file) throw new OperationError('no_file', `${input} holds no file.`)
      const image = planeOf(await work.load(file), plane)
      channels.push({ name: file.basename, image, ...stretchOf(file, image), color: colorFor(file) ?? color })
      await work.report(channels.length / 4)
    }
    const [first] = channels
    if (!first) return
    for (const { name, image } of channels) mustMatch({ name: first.name, shape: first.image }, { name, shape: image })
    await work.picture('color', colorPicture(first.image, channels))
  },
})

function channel(name: 'Red' | 'Green' | 'Blue') {
  return {
    name: `${name} Input`,
    description: `What is shown in ${name.toLowerCase()}, from black at zmin to full at zmax.`,
    type: 'fits',
    minimum: 1,
    maximum: 1,
    include_custom_scale: true,
    color_picker: true,
  } as const
}

function planeOf({ width, height, planes, samples }: Image, plane: number): Image {
  if (planes === 1) return { width, height, planes, samples }
  const length = width * height
  return { width, height, planes: 1, samples: samples.slice(plane * length, (plane + 1) * length) }
}

function stretchOf({ basename, zmin, zmax }: InputFile, image: Image) {
  const own = zmin === undefined || zmax === undefined ? zscale(image) : { zmin, zmax }
  const stretch = { zmin: zmin ?? own.zmin, zmax: zmax ?? own.zmax }
  if (zmin !== undefined && zmax !== undefined && zmin >= zmax)
    throw new OperationError('bad_scale', `zmin of ${basename} is ${zmin}, which is not below its zmax of ${zmax}.`)
  return stretch
}

function colorFor({ basename, color }: InputFile) {
  if (color === undefined) return null
  const read = colorOf(color)
  if (read) return read
  throw new OperationError('bad_color', `The color of ${basename} is "${color}": write it like #ff8000.`)
}
